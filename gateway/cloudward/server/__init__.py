"""The HTTP side: an ASGI adapter in front of the chain, routes outside the AWS protocols, and the server itself."""
