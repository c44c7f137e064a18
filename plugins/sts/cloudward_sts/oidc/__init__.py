"""Web identity: tokens verified, keys fetched and kept, the gateway's own issuers."""
