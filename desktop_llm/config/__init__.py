"""What the person chose: settings, load profiles, and where things are kept."""
