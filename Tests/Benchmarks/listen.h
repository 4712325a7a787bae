// What the C peers share: listening on a port that the kernel chooses.
#include <poll.h>

static int listen_on_any_port(const char *port_file) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, 512) < 0
        || getsockname(fd, (struct sockaddr *)&address, &size) < 0) {
        perror("listen");
        exit(2);
    }
    FILE *file = fopen(port_file, "w");
    if (file == NULL) exit(2);
    fprintf(file, "127.0.0.1:%d\n", ntohs(address.sin_port));
    fclose(file);
    return fd;
}

static int accept_ready(int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK), one = 1;
    if (fd >= 0) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void wait_for(int fd, short events) {
    struct pollfd wait = {.fd = fd, .events = events};
    poll(&wait, 1, -1);
}
