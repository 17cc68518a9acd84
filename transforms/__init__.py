"""What is computed: contracts, SQL, scorecards, and the engines that run them."""
