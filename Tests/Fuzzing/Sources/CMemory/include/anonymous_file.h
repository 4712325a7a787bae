#ifndef ANONYMOUS_FILE_H
#define ANONYMOUS_FILE_H

/// Opens a file that has no name and lives in memory; negative where that fails. A child process inherits it.
int anonymous_file(void);

#endif
