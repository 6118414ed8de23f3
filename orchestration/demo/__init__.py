"""The whole way against a sandbox on this machine, with its figures beside the world's own."""
