// Parses a JSON text with simdjson over and over: KIND FILE SECONDS on stdin, nanoseconds on stdout, as the other workers of
// bench_codecs.py. `simdjson-tape` checks the text and makes its tape (the DOM parser).
#include <simdjson.h>

#include <cstdio>
#include <ctime>
#include <iostream>
#include <string>

static double nanoseconds() {
    timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

int main() {
    std::string kind, path;
    double seconds;
    while (std::cin >> kind >> path >> seconds) {
        simdjson::padded_string text;
        if (simdjson::padded_string::load(path).get(text) != simdjson::SUCCESS) return 2;
        simdjson::dom::parser parser;
        double took = 0;
        long count = 1;
        while (true) {
            double began = nanoseconds();
            for (long index = 0; index < count; index++) {
                simdjson::dom::element element;
                if (parser.parse(text).get(element) != simdjson::SUCCESS) return 2;
            }
            took = nanoseconds() - began;
            if (took >= seconds * 1e9) break;
            count = count * 2;
        }
        std::printf("%.3f\n", took / count);
        std::fflush(stdout);
    }
}
