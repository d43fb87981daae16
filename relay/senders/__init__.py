"""Who sent a message that came from another mail server: DKIM, DMARC, SPF and ARC, judged by values; the DNS is an argument."""
