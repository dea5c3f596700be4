"""S3 buckets as stores (boto3 is imported here, and nowhere above)."""

from archive.objects.s3.connection import HURRIED, Limits
from archive.objects.s3.store import S3Store

__all__ = ["HURRIED", "Limits", "S3Store"]
