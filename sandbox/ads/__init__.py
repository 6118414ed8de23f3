"""The ads side of the sandbox: accounts, campaigns and reports behind the paths of the Business API v1.3."""
