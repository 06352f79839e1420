"""Every .pyx under mlpack_ann/ becomes one extension module; pyproject.toml has the rest.

``MLPACK_ANN_TARGET`` names the instruction set, as gcc's ``-march`` does (``x86-64-v3``); the
default ``native`` is that of the building machine. Flags that the compiler lacks are left out:
without OpenMP the package works on one thread.
"""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, LinkError

SHARED = "mlpack_ann._cyutility"         # Cython's memoryview code, compiled once for all
DIRECTIVES = {
    "language_level": 3,
    "boundscheck": False,                # _validation has checked every shape
    "wraparound": False,
    "initializedcheck": False,
    "cdivision": True,
    "auto_pickle": False,                # the base classes pickle for all
    "embedsignature": True,
    "embedsignature.format": "c",        # _signature reads a class's from its docstring
}
# What the optimiser may assume; nothing that would change NaN, infinity or rounding.
OPTIMISE = ["-O3", "-g0", "-fno-math-errno", "-fno-trapping-math"]
TARGET = os.environ.get("MLPACK_ANN_TARGET", "native")
# What a compiler may use unasked, by the name that gcc and clang have for both macro and check.
CPU_FEATURES = ["avx", "avx2", "fma", "bmi", "bmi2", "avx512f", "avx512vl", "avx512bw", "avx512dq",
                "avx512cd", "avx512ifma", "avx512vbmi", "avx512vbmi2", "avx512vnni",
                "avx512bitalg", "avx512vpopcntdq"]


class BuildExtensions(build_ext):
    """Translate with Cython only when extensions are built, and use the flags that work."""

    def finalize_options(self):
        workers = os.cpu_count() or 1
        if self.distribution.commands != ["sdist"]:     # which only asks what there will be
            self.distribution.ext_modules = cythonize(
                modules(), nthreads=workers if sys.platform == "linux" else 0,
                build_dir="build/cython", compiler_directives=DIRECTIVES,
                include_path=["mlpack_ann"], force=changed("directives", DIRECTIVES),
                shared_utility_qualified_name=SHARED)
        super().finalize_options()
        self.parallel = self.parallel or workers
        if self.editable_mode:           # keep objects, so that the next time only changes compile
            self.build_lib = self.build_temp = str(Path("build", "editable"))

    def build_extensions(self):
        compile_flags, cpu_flags, link_flags = self.flags()
        self.force = changed("flags", [compile_flags, cpu_flags, link_flags]) or self.force
        for module in self.extensions:
            is_cpu_check = module.name == "mlpack_ann._cpu"
            module.extra_compile_args += compile_flags + ([] if is_cpu_check else cpu_flags)
            module.extra_link_args += link_flags
            if is_cpu_check:             # runs on any CPU and knows what the others need
                needs = [f'NEEDS("{name}")' for name in self.features(cpu_flags)]
                module.define_macros += [("FEATURES", " ".join(needs)), ("TARGET", f'"{TARGET}"')]
        super().build_extensions()

    def flags(self):
        """Return the flags for the optimiser and OpenMP, for the CPU, and for the linker."""
        if self.compiler.compiler_type == "msvc":
            return ["/O2", "/openmp:experimental"], [], []
        accepted = [flag for flag in [*OPTIMISE, "-fopenmp-simd"] if self.works([flag])]
        openmp = ["-fopenmp"] if self.works(["-fopenmp"], ["-fopenmp"]) else []
        if not openmp:
            print("mlpack_ann: the compiler has no OpenMP, building for one thread",
                  file=sys.stderr)
        choices = [f"-march={TARGET}"], [f"-mcpu={TARGET}"]
        cpu = next((flags for flags in choices if self.works(flags)), [])
        if not cpu:
            if TARGET != "native":
                raise SystemExit(f"MLPACK_ANN_TARGET: the compiler does not know {TARGET!r}")
            print("mlpack_ann: no -march=native, building for the baseline CPU", file=sys.stderr)
        return accepted + openmp, cpu, openmp

    def works(self, compile_flags, link_flags=()):
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "probe.c")
            source.write_text("int main(void) { return 0; }\n")
            try:
                objects = self.compiler.compile([str(source)], folder,
                                                extra_postargs=["-Werror", *compile_flags])
                self.compiler.link_executable(objects, str(Path(folder, "probe")),
                                              extra_postargs=list(link_flags))
            except (CompileError, LinkError):
                return False
        return True

    def features(self, cpu_flags):
        """Return the x86 features that code compiled with these flags needs."""
        if not cpu_flags:
            return []
        macros = subprocess.run([*self.compiler.compiler_so, *cpu_flags, "-dM", "-E", "-x", "c",
                                 os.devnull], capture_output=True, text=True).stdout
        return [name for name in CPU_FEATURES if f"__{name.upper()}__ " in macros]


def modules():
    headers = [str(path) for path in sorted(Path("mlpack_ann").rglob("*.h"))]
    made = [Extension(".".join(path.with_suffix("").parts), [str(path)], depends=headers,
                      include_dirs=["mlpack_ann", numpy.get_include()],
                      define_macros=[("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION"),
                                     ("NPY_TARGET_VERSION", "NPY_2_0_API_VERSION")])
            for path in sorted(Path("mlpack_ann").rglob("*.pyx"))]
    return [*made, Extension(SHARED, [SHARED.replace(".", "/") + ".c"])]


def changed(name, value):
    """Whether this differs from the last build: time stamps of files do not show it."""
    record = Path("build", f"mlpack_ann_{name}.txt")
    same = record.exists() and record.read_text() == repr(value)
    record.parent.mkdir(exist_ok=True)
    record.write_text(repr(value))
    return not same


# Names only: the modules proper are made when build_ext runs.
setup(ext_modules=[Extension("mlpack_ann._cyutility", [])], cmdclass={"build_ext": BuildExtensions})
