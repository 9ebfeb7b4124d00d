"""TagBuy Monitor: finds, matches, registers and announces influencers' posts."""
