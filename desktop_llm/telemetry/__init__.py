"""What the machine has and what it is doing: GPUs through NVML, memory, disk, processor."""
