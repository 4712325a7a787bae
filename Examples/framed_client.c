// Sends messages behind their length (four bytes, the most significant first) and prints what comes back.
//
// Run it:  cc -o framed_client Examples/framed_client.c && ./framed_client 12002
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { message_bytes = 1 << 16 };

// One write, so that a message is not cut where it need not be; TCP may cut it all the same.
static void send_message(int fd, const void *bytes, uint32_t count) {
    uint8_t buffer[4 + message_bytes];
    uint32_t length = htonl(count);
    memcpy(buffer, &length, 4);
    memcpy(buffer + 4, bytes, count);
    for (size_t offset = 0; offset < count + 4u;) {
        ssize_t sent = send(fd, buffer + offset, count + 4u - offset, MSG_NOSIGNAL);
        if (sent <= 0) exit(1);
        offset += (size_t)sent;
    }
}

// recv gives what is there, not a message: it is asked until all of it has come.
static int receive(int fd, void *bytes, size_t count) {
    for (size_t offset = 0; offset < count;) {
        ssize_t got = recv(fd, (uint8_t *)bytes + offset, count - offset, 0);
        if (got <= 0) return 0;
        offset += (size_t)got;
    }
    return 1;
}

int main(int argc, char **argv) {
    static const char *const messages[] = {"hello", "", "two\nlines", "gr\xc3\xbc\xc3\x9f" "e"};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (argc != 2) return 64;
    address.sin_port = htons((uint16_t)atoi(argv[1]));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("connect");
        return 1;
    }
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        static char answer[message_bytes];
        uint32_t length;
        send_message(fd, messages[i], (uint32_t)strlen(messages[i]));
        if (!receive(fd, &length, 4) || (length = ntohl(length)) > message_bytes || !receive(fd, answer, length)) {
            fprintf(stderr, "the server closed the connection\n");
            return 1;
        }
        printf("%zu bytes -> \"%.*s\"\n", strlen(messages[i]), (int)length, answer);
    }
    close(fd);
    return 0;
}
