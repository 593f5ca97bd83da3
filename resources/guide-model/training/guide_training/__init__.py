"""What it takes to train the built-in guide model: corpus, wordings, conversations, network."""
