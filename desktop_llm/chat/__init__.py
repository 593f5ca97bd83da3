"""Conversations: their store, and the session that sends, streams, stops and branches."""
