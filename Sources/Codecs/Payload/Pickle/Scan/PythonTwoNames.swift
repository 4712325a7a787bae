/// How CPython 3 reads names of Python 2 in pickles of protocol 0 to 2 (`fix_imports`).
///
/// Source: CPython's `Lib/_compat_pickle.py`.
package enum PythonTwoNames {
    /// What a name stands for in Python 3, nil where it is what it is.
    package static func mapped(module: String, name: String) -> (module: String, name: String)? {
        if module == "exceptions", exceptions.contains(name) {
            return ("builtins", name == "StandardError" ? "Exception" : name)
        }
        if let found = names[module + ":" + name], let colon = found.firstIndex(of: ":") {
            return (String(found[..<colon]), String(found[found.index(after: colon)...]))
        }
        return modules[module].map { ($0, name) }
    }

    /// Modules with a new name.
    package static let modules: [String: String] = [
        "__builtin__": "builtins", "copy_reg": "copyreg", "Queue": "queue", "SocketServer": "socketserver",
        "ConfigParser": "configparser", "repr": "reprlib", "tkFileDialog": "tkinter.filedialog",
        "tkSimpleDialog": "tkinter.simpledialog", "tkColorChooser": "tkinter.colorchooser",
        "tkCommonDialog": "tkinter.commondialog", "Dialog": "tkinter.dialog", "Tkdnd": "tkinter.dnd",
        "tkFont": "tkinter.font", "tkMessageBox": "tkinter.messagebox", "ScrolledText": "tkinter.scrolledtext",
        "Tkconstants": "tkinter.constants", "Tix": "tkinter.tix", "ttk": "tkinter.ttk", "Tkinter": "tkinter",
        "markupbase": "_markupbase", "_winreg": "winreg", "thread": "_thread", "dummy_thread": "_dummy_thread",
        "dbhash": "dbm.bsd", "dumbdbm": "dbm.dumb", "dbm": "dbm.ndbm", "gdbm": "dbm.gnu",
        "xmlrpclib": "xmlrpc.client", "SimpleXMLRPCServer": "xmlrpc.server", "httplib": "http.client",
        "htmlentitydefs": "html.entities", "HTMLParser": "html.parser", "Cookie": "http.cookies",
        "cookielib": "http.cookiejar", "BaseHTTPServer": "http.server", "test.test_support": "test.support",
        "commands": "subprocess", "urlparse": "urllib.parse", "robotparser": "urllib.robotparser",
        "urllib2": "urllib.request", "anydbm": "dbm", "_abcoll": "collections.abc", "cPickle": "pickle",
        "_elementtree": "xml.etree.ElementTree", "FileDialog": "tkinter.filedialog",
        "SimpleDialog": "tkinter.simpledialog", "DocXMLRPCServer": "xmlrpc.server",
        "SimpleHTTPServer": "http.server", "CGIHTTPServer": "http.server", "UserDict": "collections",
        "UserList": "collections", "UserString": "collections", "whichdb": "dbm", "StringIO": "io",
        "cStringIO": "io",
    ]

    /// Names that moved to another module or changed.
    package static let names: [String: String] = [
        "__builtin__:xrange": "builtins:range", "__builtin__:reduce": "functools:reduce",
        "__builtin__:intern": "sys:intern", "__builtin__:unichr": "builtins:chr",
        "__builtin__:unicode": "builtins:str", "__builtin__:long": "builtins:int",
        "__builtin__:basestring": "builtins:str", "itertools:izip": "builtins:zip",
        "itertools:imap": "builtins:map", "itertools:ifilter": "builtins:filter",
        "itertools:ifilterfalse": "itertools:filterfalse", "itertools:izip_longest": "itertools:zip_longest",
        "UserDict:IterableUserDict": "collections:UserDict", "UserDict:UserDict": "collections:UserDict",
        "UserList:UserList": "collections:UserList", "UserString:UserString": "collections:UserString",
        "whichdb:whichdb": "dbm:whichdb", "_socket:fromfd": "socket:fromfd",
        "socket:_socketobject": "socket:SocketType",
        "_multiprocessing:Connection": "multiprocessing.connection:Connection",
        "multiprocessing.process:Process": "multiprocessing.context:Process",
        "multiprocessing.forking:Popen": "multiprocessing.popen_fork:Popen",
        "multiprocessing:AuthenticationError": "multiprocessing.context:AuthenticationError",
        "multiprocessing:BufferTooShort": "multiprocessing.context:BufferTooShort",
        "multiprocessing:ProcessError": "multiprocessing.context:ProcessError",
        "multiprocessing:TimeoutError": "multiprocessing.context:TimeoutError",
        "urllib:ContentTooShortError": "urllib.error:ContentTooShortError",
        "urllib:getproxies": "urllib.request:getproxies", "urllib:pathname2url": "urllib.request:pathname2url",
        "urllib:quote_plus": "urllib.parse:quote_plus", "urllib:quote": "urllib.parse:quote",
        "urllib:unquote_plus": "urllib.parse:unquote_plus", "urllib:unquote": "urllib.parse:unquote",
        "urllib:url2pathname": "urllib.request:url2pathname", "urllib:urlcleanup": "urllib.request:urlcleanup",
        "urllib:urlencode": "urllib.parse:urlencode", "urllib:urlopen": "urllib.request:urlopen",
        "urllib:urlretrieve": "urllib.request:urlretrieve", "urllib2:HTTPError": "urllib.error:HTTPError",
        "urllib2:URLError": "urllib.error:URLError",
    ]

    /// Exceptions that stood in a module of their own.
    package static let exceptions: Set<String> = [
        "ArithmeticError", "AssertionError", "AttributeError", "BaseException", "BufferError", "BytesWarning",
        "DeprecationWarning", "EOFError", "EnvironmentError", "Exception", "FloatingPointError", "FutureWarning",
        "GeneratorExit", "IOError", "ImportError", "ImportWarning", "IndentationError", "IndexError", "KeyError",
        "KeyboardInterrupt", "LookupError", "MemoryError", "NameError", "NotImplementedError", "OSError",
        "OverflowError", "PendingDeprecationWarning", "ReferenceError", "RuntimeError", "RuntimeWarning",
        "StopIteration", "SyntaxError", "SyntaxWarning", "SystemError", "SystemExit", "TabError", "TypeError",
        "UnboundLocalError", "UnicodeDecodeError", "UnicodeEncodeError", "UnicodeError",
        "UnicodeTranslateError", "UnicodeWarning", "UserWarning", "ValueError", "Warning", "ZeroDivisionError",
        "StandardError",
    ]
}
