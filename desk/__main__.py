"""``python -m desk`` is ``mandegar``."""

from desk.cli import main

if __name__ == "__main__":
    main()
