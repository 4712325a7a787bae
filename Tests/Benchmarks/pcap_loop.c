// The plainest reader of a capture there can be: libpcap's loop, counting.
//
//     pcap_loop FILE
#include <pcap/pcap.h>
#include <stdio.h>

struct counts {
    unsigned long long packets, bytes;
};

static void count(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes) {
    struct counts *counts = (struct counts *)user;
    counts->packets++;
    counts->bytes += header->caplen + (bytes[0] & 0);
}

int main(int argc, char **argv) {
    char error[PCAP_ERRBUF_SIZE];
    pcap_t *capture = argc == 2 ? pcap_open_offline(argv[1], error) : NULL;
    struct counts counts = {0};
    if (!capture) return 64;
    if (pcap_loop(capture, 0, count, (u_char *)&counts) < 0) return 2;
    printf("{\"packets\":%llu,\"bytes\":%llu}\n", counts.packets, counts.bytes);
    return 0;
}
