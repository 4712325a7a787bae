extension NamePolicy {
    /// Modules of which every name is dangerous, those below them too, and why.
    static let dangerousModules: [String: String] = {
        var reasons: [String: String] = [:]
        func add(_ reason: String, _ modules: String) {
            for module in modules.split(separator: " ") { reasons[String(module)] = reason }
        }
        add(
            "runs processes and reaches files",
            """
            os posix nt subprocess _posixsubprocess pty commands popen2 _winapi msvcrt sh invoke fabric paramiko pexpect \
            execnet plumbum psutil _bootsubprocess _osx_support _aix_support
            """)
        add(
            "imports and runs modules",
            """
            importlib _frozen_importlib _frozen_importlib_external _imp imp runpy pkgutil zipimport zipapp pydoc \
            pkg_resources site sitecustomize usercustomize modulefinder
            """)
        add(
            "executes Python code",
            """
            code codeop pdb bdb profile cProfile trace timeit doctest cgitb idlelib lib2to3 rlcompleter unittest \
            test.support compileall py_compile pyclbr _pyrepl IPython ipykernel pytest _pytest nose
            """)
        add("installs or builds packages", "distutils setuptools pip _pip ensurepip venv virtualenv wheel")
        add(
            "loads pickles or code",
            """
            pickle _pickle cPickle dill cloudpickle joblib marshal shelve pickletools jsonpickle yaml numpy.f2py \
            numpy.distutils numpy.testing torch.hub torch.jit torch.package torch.serialization torch.utils.cpp_extension
            """)
        add("calls native code", "ctypes _ctypes cffi _cffi_backend mmap faulthandler tkinter _tkinter")
        add(
            "reaches the network",
            """
            socket _socket ssl _ssl asyncio _asyncio urllib urllib2 httplib http ftplib smtplib smtpd telnetlib poplib imaplib nntplib \
            xmlrpc socketserver requests urllib3 httpx aiohttp webbrowser antigravity wsgiref select selectors asyncore \
            asynchat SocketServer BaseHTTPServer SimpleHTTPServer xmlrpclib
            """)
        add(
            "reaches files",
            """
            shutil tempfile glob fileinput linecache tarfile zipfile gzip bz2 lzma dbm sqlite3 _sqlite3 \
            netrc mailbox mailcap crypt pwd spwd winreg _winreg nturl2path
            """)
        add(
            "runs processes or threads",
            """
            multiprocessing _multiprocessing concurrent threading _thread thread sched signal _signal platform crypt \
            resource billiard celery
            """)
        add("changes the interpreter", "sys gc atexit copyreg copy_reg inspect sysconfig _xxsubinterpreters")
        add("calls what it is given", "operator _operator functools _functools")
        add(
            "opens files and sockets that its configuration names",
            "logging.config logging.handlers logging.FileHandler")
        return reasons
    }()

    /// Modules that are dangerous also as an attribute of another module.
    static let reachableModules: Set<String> = [
        "os", "posix", "nt", "sys", "subprocess", "_posixsubprocess", "pty", "importlib", "imp", "_imp", "runpy",
        "pkgutil", "code", "codeop",
        "pdb", "pickle", "_pickle", "marshal", "ctypes", "_ctypes", "socket", "_socket", "shutil", "multiprocessing",
        "threading",
        "_thread", "operator", "_operator", "functools", "_functools", "gc", "inspect", "copyreg", "builtins",
        "linecache", "tempfile", "urllib",
    ]

    /// Names that are dangerous in whatever module they stand, and why.
    static let dangerousNames: [String: String] = {
        var reasons: [String: String] = [:]
        func add(_ reason: String, _ names: String) {
            for name in names.split(separator: " ") { reasons[String(name)] = reason }
        }
        add(
            "runs processes",
            """
            system popen popen2 popen3 popen4 Popen check_output check_call getoutput getstatusoutput execl execle execlp \
            execv execve execvp execvpe spawnl spawnle spawnv spawnve spawnvp posix_spawn startfile fork forkpty \
            _get_command_stdout create_subprocess_exec create_subprocess_shell
            """)
        add(
            "executes Python code",
            "eval exec execfile runstring run_module run_path run_code runsource InteractiveInterpreter")
        add("imports modules", "__import__ import_module load_module find_loader resolve_name exec_module")
        add("reaches any attribute", "getattr setattr delattr attrgetter methodcaller")
        add("opens files", "open open_code FileIO OpenWrapper")
        add(
            "calls what it is given",
            "starmap accumulate takewhile dropwhile filterfalse imap ifilter partial partialmethod")
        add("makes functions of code", "CodeType FunctionType LambdaType MethodType ModuleType CellType CoroutineType")
        return reasons
    }()

    /// Built-in functions and types that execute, reach or call something.
    static let dangerousBuiltins: [String: String] = {
        var reasons: [String: String] = [:]
        func add(_ reason: String, _ names: String) {
            for name in names.split(separator: " ") { reasons[String(name)] = reason }
        }
        add("executes Python code", "eval exec execfile compile breakpoint __build_class__")
        add("reads input or files", "open file input raw_input help")
        add("reaches any attribute", "vars globals locals dir hasattr super property classmethod staticmethod")
        add(
            "calls what it is given",
            "map filter reduce apply iter sorted min max any all sum next zip enumerate reversed callable")
        add("makes types and memory views", "type memoryview")
        add("ends the process", "exit quit")
        return reasons
    }()

    /// Attributes through which everything can be reached.
    static let innerNames: Set<String> = [
        "__globals__", "__builtins__", "__subclasses__", "__bases__", "__base__", "__mro__", "__class__", "__dict__",
        "__getattribute__", "__getattr__", "__setattr__", "__delattr__", "__reduce__", "__reduce_ex__", "__code__",
        "__closure__", "__func__", "__self__", "__wrapped__", "__loader__", "__spec__", "__init__", "__call__",
        "__get__",
        "__init_subclass__", "f_globals", "f_locals", "f_builtins", "f_back", "gi_frame", "cr_frame", "tb_frame",
        "func_globals", "func_code", "im_func",
    ]

    /// Packages whose loaders run what a file holds.
    static let loaderModules: Set<String> = [
        "numpy", "torch", "pandas", "keras", "tensorflow", "sklearn", "scipy", "networkx", "polars", "jax", "lightgbm",
        "xgboost", "mlflow",
        "nltk", "spacy", "gensim", "pyarrow", "h5py", "onnx", "transformers", "paddle", "fastai", "catboost",
    ]
    static let loaderNames: Set<String> = [
        "load", "loads", "read_pickle", "load_model", "_load", "load_library", "ctypesloader", "loadtxt", "genfromtxt",
        "fromfile",
        "read_gpickle", "load_from_checkpoint", "query", "_legacy_load", "fromregex", "memmap", "DataSource",
        "vectorize",
    ]

    /// Keys of a state that change what an object is or does.
    static let stateKeys: Set<String> = [
        "__setstate__", "__class__", "__dict__", "__reduce__", "__reduce_ex__", "__getattribute__", "__getattr__",
        "__setattr__", "__new__", "__init__", "__call__", "__del__", "__bases__", "__globals__", "__code__",
        "__builtins__",
        "__closure__", "__defaults__", "__import__", "__subclasses__", "__mro__", "__slots__", "__getstate__",
        "__init_subclass__", "__set_name__", "__get__", "__wrapped__", "__loader__", "__spec__", "__path__",
        "__getnewargs__", "__getnewargs_ex__", "__eq__", "__hash__", "__missing__", "__iter__", "__getitem__",
    ]
}
