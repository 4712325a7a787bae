extension NamePolicy {
    /// What is allowed, by module: types that hold data and do nothing else when they are called with any arguments, and the two
    /// functions by which old protocols make them. `_codecs:encode` is allowed in one kind of call only; the machine sees to it.
    static let plainTypes: [String: Set<String>] = [
        "builtins": Set([
            "bool", "int", "float", "complex", "str", "bytes", "bytearray", "list", "tuple", "dict", "set",
            "frozenset", "object", "range", "slice", "Ellipsis", "NotImplemented", "None", "True", "False",
        ]).union(exceptions),
        "collections": [
            "OrderedDict", "defaultdict", "deque", "Counter", "ChainMap", "UserDict", "UserList", "UserString",
        ],
        "datetime": ["date", "time", "datetime", "timedelta", "timezone", "tzinfo"],
        "decimal": ["Decimal"],
        "fractions": ["Fraction"],
        "uuid": ["UUID", "SafeUUID"],
        "array": ["array", "_array_reconstructor"],
        "ipaddress": [
            "IPv4Address", "IPv6Address", "IPv4Network", "IPv6Network", "IPv4Interface", "IPv6Interface",
        ],
        "pathlib": ["PurePath", "PurePosixPath", "PureWindowsPath", "Path", "PosixPath", "WindowsPath"],
        "pathlib._local": ["PurePath", "PurePosixPath", "PureWindowsPath", "Path", "PosixPath", "WindowsPath"],
        "types": ["SimpleNamespace"],
        "time": ["struct_time"],
        "zoneinfo": ["ZoneInfo._unpickle"],
        "_codecs": ["encode"],
        "copyreg": ["_reconstructor"],
    ]

    private static let exceptions: Set<String> = [
        "ArithmeticError", "AssertionError", "AttributeError", "BaseException", "BlockingIOError", "BrokenPipeError",
        "BufferError", "ChildProcessError", "ConnectionAbortedError", "ConnectionError", "ConnectionRefusedError",
        "ConnectionResetError", "EOFError", "Exception", "FileExistsError", "FileNotFoundError",
        "FloatingPointError", "ImportError", "IndexError", "InterruptedError", "IsADirectoryError", "KeyError",
        "LookupError", "MemoryError", "ModuleNotFoundError", "NameError", "NotADirectoryError",
        "NotImplementedError", "OSError", "OverflowError", "PermissionError", "ProcessLookupError", "RecursionError",
        "ReferenceError", "RuntimeError", "StopAsyncIteration", "StopIteration", "SyntaxError", "SystemError",
        "TimeoutError", "TypeError", "UnboundLocalError", "UnicodeDecodeError", "UnicodeEncodeError", "UnicodeError",
        "UnicodeTranslateError", "ValueError", "Warning", "ZeroDivisionError",
    ]
}
