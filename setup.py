"""Every .pyx under mlpack_ann/ becomes one extension module; pyproject.toml has the rest.

``MLPACK_ANN_TARGET`` names the instruction set, as gcc's ``-march`` does (``x86-64-v3``); the
default ``native`` is that of the building machine. ``portable`` compiles every module for three
of them, from the same C, and leaves the choice to `mlpack_ann._variants`. Flags that the compiler
lacks are left out: without OpenMP the package works on one thread.
"""
import copy
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import Cython
import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, LinkError

TRANSLATED = "build/cython"
SHARED = "mlpack_ann._cyutility"         # Cython's memoryview code, compiled once for all
CPU_CHECK = "mlpack_ann._cpu"            # knows what the others need, and has to import SHARED
ANY_CPU = [CPU_CHECK, SHARED]            # so these two are compiled once, for the baseline
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
BASELINE = "baseline"                    # of whatever CPU it is: no flags
X86 = sys.platform != "win32" and sysconfig.get_platform().endswith("x86_64")
# The best first; the last is in the usual places, the others have folders in VARIANT_FOLDERS.
VARIANTS = ([TARGET] if TARGET != "portable" else
            ["x86-64-v4", "x86-64-v3", "x86-64"] if X86 else [BASELINE])
VARIANT_FOLDERS = Path("mlpack_ann", "_variants")
# What a compiler may use unasked, by the name that gcc and clang have for both macro and check.
CPU_FEATURES = ["avx", "avx2", "fma", "bmi", "bmi2", "avx512f", "avx512vl", "avx512bw", "avx512dq",
                "avx512cd", "avx512ifma", "avx512vbmi", "avx512vbmi2", "avx512vnni",
                "avx512bitalg", "avx512vpopcntdq"]


class BuildExtensions(build_ext):
    """Translate with Cython only when extensions are built, and use the flags that work."""

    def finalize_options(self):
        workers = os.cpu_count() or 1
        if self.distribution.commands != ["sdist"]:     # which only asks what there will be
            made = translated(workers)
            self.distribution.ext_modules = [in_variant(module, variant) for variant in VARIANTS
                                             for module in made if in_usual_place(variant)
                                             or module.name not in ANY_CPU]
        if self.editable_mode or self.inplace:  # apart from what goes into a wheel
            self.build_lib = self.build_temp = str(Path("build", "in_place"))
        super().finalize_options()
        self.parallel = self.parallel or workers

    def build_extensions(self):
        compile_flags, link_flags = self.flags()
        cpu_flags = {variant: self.cpu_flags(variant) for variant in VARIANTS}
        if changed(Path(self.build_temp, "flags.txt"),
                   [compile_flags, cpu_flags, link_flags, ANY_CPU]):
            for path in [*Path(self.build_lib).rglob("*.so"), *Path(self.build_lib).rglob("*.pyd")]:
                path.unlink()            # also what this build does not have
        for module in self.extensions:
            cpu = [] if module.name in ANY_CPU else cpu_flags[module.variant]
            module.extra_compile_args = module.extra_compile_args + compile_flags + cpu
            module.extra_link_args = module.extra_link_args + link_flags
            module.define_macros = module.define_macros + [("ANN_VARIANT", f'"{module.variant}"')]
            if module.name == CPU_CHECK:
                module.define_macros += [("ANN_TARGET", f'"{TARGET}"'),
                                         ("ANN_NAMES", f'"{" ".join(VARIANTS)}"'),
                                         ("ANN_VARIANTS", self.needs(cpu_flags))]
        super().build_extensions()

    def build_extension(self, module):
        builder = copy.copy(self)        # the objects of all variants have the same names
        builder.build_temp = str(Path(self.build_temp, module.variant))
        super(BuildExtensions, builder).build_extension(module)

    def copy_extensions_to_source(self):
        for folder in VARIANT_FOLDERS.glob("x86*"):     # which this build may not have
            shutil.rmtree(folder)
        for module in self.extensions:
            Path(*module.name.split(".")).parent.mkdir(parents=True, exist_ok=True)
        super().copy_extensions_to_source()

    def flags(self):
        """Return the flags for the optimiser and OpenMP, and those for the linker."""
        if self.compiler.compiler_type == "msvc":
            return ["/O2", "/openmp:experimental"], []
        accepted = [flag for flag in [*OPTIMISE, "-fopenmp-simd"] if self.works([flag])]
        openmp = ["-fopenmp"] if self.works(["-fopenmp"], ["-fopenmp"]) else []
        if not openmp:
            print("mlpack_ann: the compiler has no OpenMP, building for one thread",
                  file=sys.stderr)
        return accepted + openmp, openmp

    def cpu_flags(self, variant):
        """Return the flags for a variant's instruction set."""
        if variant == BASELINE or self.compiler.compiler_type == "msvc":
            return []
        choices = [f"-march={variant}"], [f"-mcpu={variant}"]
        cpu = next((flags for flags in choices if self.works(flags)), [])
        if not cpu:
            if variant != "native":
                raise SystemExit(f"MLPACK_ANN_TARGET: the compiler does not know {variant!r}")
            print("mlpack_ann: no -march=native, building for the baseline CPU", file=sys.stderr)
        return cpu

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

    def needs(self, cpu_flags):
        """Return in C, as _cpu.pyx has it, what x86 features each variant needs."""
        needs = {variant: " ".join(f'NEEDS("{name}")' for name in self.features(flags))
                 for variant, flags in cpu_flags.items()}
        return " ".join(f'VARIANT("{variant}", {text})' for variant, text in needs.items())

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


def translated(workers):
    """Return the modules with their C, which Cython writes if it is not there.

    Asked, Cython would write all of it again for every environment that pip makes: NumPy's own
    declarations are always new there.
    """
    made = modules()
    force = changed("build/cython.txt", [DIRECTIVES, Cython.__version__, numpy.__version__])
    written = {module.name: Path(TRANSLATED, module.sources[0]).with_suffix(".c")
               for module in made}
    sources = [path for path in Path("mlpack_ann").rglob("*.p*")
               if path.suffix in (".pyx", ".pxd", ".pxi")]
    if force or not all(map(Path.exists, written.values())) or (
            max(map(modified, sources)) >= min(map(modified, written.values()))):
        return cythonize(made, nthreads=workers if sys.platform == "linux" else 0,
                         build_dir=TRANSLATED, compiler_directives=DIRECTIVES,
                         include_path=["mlpack_ann"], force=force,
                         shared_utility_qualified_name=SHARED)
    for module in made:
        module.sources = [str(written[module.name])]
    return made


def modified(path):
    return path.stat().st_mtime


def in_usual_place(variant):
    return variant == VARIANTS[-1]


def in_variant(module, variant):
    """Return the module as it is compiled for a variant, in that variant's place."""
    module = copy.copy(module)
    module.variant = variant
    if not in_usual_place(variant):
        folder = ".".join([*VARIANT_FOLDERS.parts, variant.replace("-", "_")])
        module.name = module.name.replace("mlpack_ann", folder, 1)
    return module


def changed(record, value):
    """Whether this differs from the last build: time stamps of files do not show it."""
    record = Path(record)
    same = record.exists() and record.read_text() == repr(value)
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(repr(value))
    return not same


# Names only: the modules proper are made when build_ext runs.
setup(ext_modules=[Extension("mlpack_ann._cyutility", [])], cmdclass={"build_ext": BuildExtensions})
