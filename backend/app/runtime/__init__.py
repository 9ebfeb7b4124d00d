"""`tagbuy up` and `tagbuy doctor`: the embedded servers, the processes, and what is wrong with them."""
