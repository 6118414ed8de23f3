"""Raw tables of shops that more than one source feeds: the API's answers, and files that were downloaded by hand.

Their rows have the same names, columns and types, so that the same staging models read both.
"""
