"""Threads: how many, and the one loop over them.

Kernels hand a range of independent items to `in_parts`, with the weight of an item: about how many
elements of a simple map (0.1 to 0.3 ns each) take as long. Little work is done by the calling
thread alone. A parallel region costs 2 to 3 us where the threads are awake, and wakes them where not.

Results have the same bits whatever the number of threads: an item is computed in one way only, and
sums over items are added up in their order afterwards. A part never starts another loop of this
kind, and BLAS, which has threads of its own, is not used.
"""
import os

from mlpack_ann._validation import integer

cdef extern from *:
    """
    typedef void (*ann_work)(void *, int, Py_ssize_t, Py_ssize_t);

    static void ann_run_parts(ann_work work, void *task, Py_ssize_t items, int parts)
    {
    #ifdef _OPENMP
    #pragma omp parallel for num_threads(parts) schedule(static, 1)
    #endif
        for (int part = 0; part < parts; part++)
            work(task, part, items * part / parts, items * (part + 1) / parts);
    }

    #ifdef _OPENMP
    #define ANN_OPENMP 1
    #else
    #define ANN_OPENMP 0
    #endif
    """
    void ann_run_parts(Work work, void* task, Py_ssize_t items, int parts) noexcept nogil
    const bint ANN_OPENMP

cdef int threads = 1


cdef int parts_of(Py_ssize_t items, double weight) noexcept nogil:
    """Return how many parts `in_parts` makes of so many items."""
    cdef double worth = items * weight / GRAIN
    if threads == 1 or worth < 2:
        return 1
    return <int>min(<double>min(<Py_ssize_t>threads, items), worth)


cdef void in_parts(Work work, void* task, Py_ssize_t items, double weight) noexcept nogil:
    """Call `work` on all items, by parts, on as many threads as they are worth."""
    cdef int parts = parts_of(items, weight)
    if parts == 1:
        work(task, 0, 0, items)
    else:
        ann_run_parts(work, task, items, parts)


def set_num_threads(number):
    """Set how many threads the library computes on.

    Parameters
    ----------
    number : int
        At least 1; what exceeds 256, or 1 where the library was built without OpenMP, has no
        effect. At first: the environment's ``OMP_NUM_THREADS``, or else as many as the process has
        CPUs; after a fork, 1 in the child.

    Raises
    ------
    TypeError, ValueError
        If `number` is not an integer of at least 1.

    Notes
    -----
    Results are the same to the last bit, whatever the number. Little work, up to some 10 us, is
    done by the calling thread alone.
    """
    global threads
    number = integer(number, "set_num_threads", "number")
    threads = min(number, MAX_THREADS) if ANN_OPENMP else 1


def get_num_threads():
    """Return how many threads the library computes on; see `set_num_threads`."""
    return threads


def default():
    given = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    if given.isdecimal() and int(given) > 0:
        return int(given)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def after_fork():
    """OpenMP's threads do not follow into a child, which would wait for them for ever."""
    global threads
    threads = 1


threads = min(default(), MAX_THREADS) if ANN_OPENMP else 1
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=after_fork)
