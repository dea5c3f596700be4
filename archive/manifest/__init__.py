"""Manifests of what an archive holds, chained by day, and proofs that a record is among it."""
