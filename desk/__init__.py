"""Where people sit: the command line, the web pages, replay."""
