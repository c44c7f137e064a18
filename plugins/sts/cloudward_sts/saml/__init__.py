"""SAML: responses decrypted and verified, and the gateway's own test identity provider."""
