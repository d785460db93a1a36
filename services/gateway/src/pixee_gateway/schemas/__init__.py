"""Bodies of requests and answers, as the public API names them."""
