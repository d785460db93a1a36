"""WooCommerce REST API wc/v3 as a real 11.0.1 behaves (platform sheet `woocommerce`, facts tagged [live])."""
