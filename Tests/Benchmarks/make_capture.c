// Writes a capture (pcap, Ethernet, microseconds) of many conversations at once, for the benchmark of import.
//
//     make_capture FILE MEGABYTES
//
// Two hundred clients at a time each open a connection to 10.0.0.1:12000, ask forty times, are answered, and leave; then the
// next two hundred come. Messages are behind four bytes of length, most significant first: requests of 64 to 511 bytes,
// answers of 64 to 1,919 in segments of at most 1,448. Each segment of data is acknowledged by itself, as a kernel that hurries does. All
// checksums are right, and the same arguments give the same file.
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { clients = 200, exchanges = 40, segment_bytes = 1448, head_bytes = 14 + 20 + 20 };

struct side {
    uint32_t address, next;
    uint16_t port;
};
struct conversation {
    struct side client, server;
    int step;
};

static FILE *file;
static uint64_t written, microseconds = 1700000000ull * 1000000, random_state = 42;

static uint32_t draw(uint32_t below) {
    random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(random_state >> 33) % below;
}

static void put16(uint8_t *at, uint16_t value) { at[0] = (uint8_t)(value >> 8), at[1] = (uint8_t)value; }
static void put32(uint8_t *at, uint32_t value) { put16(at, (uint16_t)(value >> 16)), put16(at + 2, (uint16_t)value); }

static uint32_t sum(const uint8_t *bytes, size_t count, uint32_t start) {
    for (size_t i = 0; i + 1 < count; i += 2) start += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
    return count & 1 ? start + (uint32_t)(bytes[count - 1] << 8) : start;
}

static uint16_t folded(uint32_t value) {
    while (value >> 16) value = (value & 0xffff) + (value >> 16);
    return (uint16_t)~value;
}

// One packet from one side to the other.
static void send_packet(struct side *from, const struct side *to, uint8_t flags, const uint8_t *data, size_t count) {
    static const uint8_t macs[14] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};
    uint8_t packet[head_bytes + segment_bytes] = {0}, *ip = packet + 14, *tcp = ip + 20;
    memcpy(packet, macs, sizeof macs);
    ip[0] = 0x45, ip[8] = 64, ip[9] = 6;
    put16(ip + 2, (uint16_t)(40 + count));
    put32(ip + 12, from->address), put32(ip + 16, to->address);
    put16(ip + 10, folded(sum(ip, 20, 0)));
    put16(tcp, from->port), put16(tcp + 2, to->port);
    put32(tcp + 4, from->next), put32(tcp + 8, flags == 2 ? 0 : to->next);
    tcp[12] = 5 << 4, tcp[13] = flags;
    put16(tcp + 14, 64000);
    if (count) memcpy(tcp + 20, data, count);
    put16(tcp + 16, folded(sum(tcp, 20 + count, sum(ip + 12, 8, 6 + 20 + (uint32_t)count))));
    from->next += (uint32_t)count + ((flags & 3) != 0);

    microseconds += 1 + draw(40);
    uint32_t length = (uint32_t)(head_bytes + count);
    uint32_t record[4] = {(uint32_t)(microseconds / 1000000), (uint32_t)(microseconds % 1000000), length, length};
    fwrite(record, sizeof record, 1, file);
    fwrite(packet, length, 1, file);
    written += sizeof record + length;
}

static void send_message(struct side *from, struct side *to, uint32_t count) {
    static uint8_t bytes[4 + 2048];
    put32(bytes, count);
    for (uint32_t i = 0; i < count; i++) bytes[4 + i] = (uint8_t)("abcdefghijklmnopqrstuvwxyz 0123456789"[draw(37)]);
    for (uint32_t offset = 0; offset < count + 4;) {
        uint32_t part = count + 4 - offset < segment_bytes ? count + 4 - offset : segment_bytes;
        send_packet(from, to, 0x18, bytes + offset, part);
        send_packet(to, from, 0x10, NULL, 0);
        offset += part;
    }
}

// The next thing that happens in a conversation; 0 when it is over.
static int advance(struct conversation *one) {
    struct side *client = &one->client, *server = &one->server;
    int step = one->step++;
    if (step == 0) {
        send_packet(client, server, 0x02, NULL, 0);
        send_packet(server, client, 0x12, NULL, 0);
        send_packet(client, server, 0x10, NULL, 0);
    } else if (step <= 2 * exchanges) {
        if (step & 1) send_message(client, server, 64 + draw(448));
        else send_message(server, client, 64 + draw(1856));
    } else {
        send_packet(client, server, 0x11, NULL, 0);
        send_packet(server, client, 0x11, NULL, 0);
        send_packet(client, server, 0x10, NULL, 0);
        return 0;
    }
    return 1;
}

int main(int argc, char **argv) {
    if (argc != 3 || !(file = fopen(argv[1], "wb"))) return 64;
    uint64_t wanted = strtoull(argv[2], NULL, 10) * 1000000;
    uint32_t header[6] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 1};
    fwrite(header, sizeof header, 1, file);
    for (uint32_t round = 0; written < wanted; round++) {
        struct conversation all[clients] = {0};
        int open = clients;
        for (uint32_t i = 0; i < clients; i++) {
            uint32_t number = round * clients + i;
            all[i].client = (struct side){0x0a010000 + number / 20000 % 60000, draw(0xffffffff), (uint16_t)(20000 + number % 20000)};
            all[i].server = (struct side){0x0a000001, draw(0xffffffff), 12000};
        }
        while (open > 0) {
            uint32_t i = draw(clients);
            while (all[i].step < 0) i = (i + 1) % clients;
            if (!advance(&all[i])) all[i].step = -1, open--;
        }
    }
    return fclose(file) == 0 ? 0 : 2;
}
