"""Amazon Selling Partner API: sellers, listings, feeds, reports and product types, as a merchant's program meets them."""
