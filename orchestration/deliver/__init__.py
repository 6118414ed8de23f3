"""Hands what is published to people and programs: alerts to chats, purchase lists to ERPs."""
