"""Every NVIDIA GPU through NVML. Of the app's threads, only the one that samples comes here."""
