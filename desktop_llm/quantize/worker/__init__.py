"""The child process that quantizes: one process a job, the only place where torch and awq are.

Started as ``python -m desktop_llm.quantize.worker JOB.json``; it speaks `quantize.protocol`.
"""
