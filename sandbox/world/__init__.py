"""The seller's world behind the sandbox: who buys what, what TikTok makes of it, and what is true of it."""
