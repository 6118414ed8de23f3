"""The sandbox's HTTP server: the Shop API as a client sees it, in front of a generated seller's world.

`gateway` is the way of a request (path, signature, token, scope, shop, limits, parameters, handler),
`endpoints` holds one module per domain, `auth` gives out tokens, `faults` makes trouble on request. It shares
no code with the client it is there to test.
"""
