"""Puts audited marts in the place of the published file, for everybody and for audiences; verifies and rebuilds it."""
