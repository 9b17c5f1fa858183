import os

# Before any numeric library is loaded: results are compared bit by bit, and cores are few.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
