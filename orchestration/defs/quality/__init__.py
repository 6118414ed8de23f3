"""The audit as an asset with checks."""
