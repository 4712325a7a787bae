internal import CCrypto
internal import CPcap
internal import CPcre2
internal import CZstd

/// The libraries of the system that are in use, with the versions that they say they have.
package enum SystemLibraries {
    /// Their names and versions.
    package static var all: [(name: String, version: String)] {
        [
            ("libpcap", pcap), ("OpenSSL", String(cString: OpenSSL_version(OPENSSL_VERSION_STRING))),
            ("zstd", String(cString: ZSTD_versionString())), ("PCRE2", pcre2),
        ]
    }

    /// `libpcap version 1.10.5 (with TPACKET_V3)`: the number in it.
    private static var pcap: String {
        let words = String(cString: pcap_lib_version()).split(separator: " ")
        return words.first { $0.first?.isNumber ?? false }.map(String.init) ?? "of unknown version"
    }

    /// `10.42 2022-12-11`: the number in it.
    private static var pcre2: String {
        let count = Int(pcre2_config_8(UInt32(PCRE2_CONFIG_VERSION), nil))
        guard count > 0 else { return "of unknown version" }
        var bytes = [UInt8](repeating: 0, count: count)
        pcre2_config_8(UInt32(PCRE2_CONFIG_VERSION), &bytes)
        return String(decoding: bytes.prefix { $0 > 0x20 }, as: UTF8.self)
    }
}
