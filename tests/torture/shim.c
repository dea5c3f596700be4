/* Preloaded into a crawl (LD_PRELOAD): kills it, fails its writes or records them, at system calls.
 *
 * Only the process that loads it first is meant; its children find TORTURE_MAIN in their environment and are
 * left alone. What counts are files below the folders of TORTURE_FOLDERS and internet sockets. Each call is
 * of a stage (`enum stage`; shim.py has the same list) and is counted in the mapped file TORTURE_STATE, so
 * that the counts survive a SIGKILL.
 *
 * TORTURE_PLAN  "kill <stage> <call> <when> <self|group>"  SIGKILL at the call-th call of the stage
 *               "full <stage> <call> <when> <stage|disk>"  ENOSPC from that write on, until state.room is set
 *               when: 0 before the call, 1 in its middle (half of the bytes; none: after it), 2 after it
 * TORTURE_LOG   every change below the folders, in the order of the kernel (shim.py says the format)
 *
 * Recorded changes are made one at a time. glibc's own stdio writes are not seen (it calls itself directly);
 * CPython, SQLite and libuv use none below an archive. sendfile and copy_file_range are refused there:
 * whoever copies falls back to write. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum stage { FETCH, WRITE, SYNC, ROTATE, UPLOAD, CATALOGUE, INDEX, CACHE, OTHER, STAGES, NONE = -1 };
enum when { BEFORE, HALF, AFTER };
enum change { CREATE = 1, DATA, SIZE, SYNC_BEGINS, SYNC_ENDS, RENAME, LINK, UNLINK, MKDIR, RMDIR };

struct state {
    uint64_t calls[STAGES];
    uint64_t struck; /* 1 + the stage at which the plan was carried out */
    uint64_t at;     /* of how many calls */
    uint64_t full;   /* the disk is full since then */
    uint64_t looks;  /* how often it was asked for its room, and said that there is none */
    uint64_t room;   /* set from outside: there is room again */
};

struct __attribute__((packed)) entry {
    uint32_t kind;
    uint64_t inode;
    int64_t offset; /* of data; the size; the number of a sync (its result is in length) */
    uint64_t length;
    uint16_t path, other; /* lengths of what follows: path, second path, then length bytes of data */
};

static pid_t main_pid;
static struct state *state;
static char *folders[16];
static int log_fd = -1, s3_port[8], plan_kill, plan_full, whole_disk, whole_group;
static enum stage plan_stage = NONE;
static enum when plan_when;
static uint64_t plan_call, syncs;
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;

static int is_ours(void) { return main_pid && (pid_t)syscall(SYS_getpid) == main_pid; }

/* Called once more by a process that was forked when this was long loaded (servers/ready_python.py). */
__attribute__((constructor)) void torture_begin(void) {
    const char *where = getenv("TORTURE_STATE");
    if (!where || getenv("TORTURE_MAIN")) return;
    setenv("TORTURE_MAIN", "1", 1);
    int fd = syscall(SYS_openat, AT_FDCWD, where, O_RDWR | O_CLOEXEC);
    if (fd < 0) abort();
    state = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (state == MAP_FAILED) abort();
    syscall(SYS_close, fd);
    char *list = strdup(getenv("TORTURE_FOLDERS") ?: ""), *rest = NULL;
    int count = 0;
    for (char *one = strtok_r(list, ":", &rest); one && count < 15; one = strtok_r(NULL, ":", &rest))
        folders[count++] = one;
    list = strdup(getenv("TORTURE_S3_PORTS") ?: "");
    count = 0;
    for (char *one = strtok_r(list, ",", &rest); one && count < 7; one = strtok_r(NULL, ",", &rest))
        s3_port[count++] = atoi(one);
    const char *plan = getenv("TORTURE_PLAN");
    if (plan) {
        char what[8], scope[8];
        int stage, when;
        if (sscanf(plan, "%7s %d %lu %d %7s", what, &stage, &plan_call, &when, scope) != 5) abort();
        plan_kill = !strcmp(what, "kill");
        plan_full = !strcmp(what, "full");
        whole_group = !strcmp(scope, "group");
        whole_disk = !strcmp(scope, "disk");
        plan_stage = stage, plan_when = when;
    }
    if (getenv("TORTURE_LOG")) {
        int opened = syscall(SYS_openat, AT_FDCWD, getenv("TORTURE_LOG"), O_WRONLY | O_APPEND | O_CREAT, 0600);
        log_fd = fcntl(opened, F_DUPFD_CLOEXEC, 700);
        syscall(SYS_close, opened);
        if (log_fd < 0) abort();
    }
    main_pid = (pid_t)syscall(SYS_getpid);
}

/* --- which stage a call belongs to */

static int path_of(int fd, char *path) {
    char link[40];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = syscall(SYS_readlink, link, path, PATH_MAX - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return 1;
}

static int full_path(int at, const char *given, char *path) {
    if (!given) return 0;
    if (given[0] == '/') return snprintf(path, PATH_MAX, "%s", given) < PATH_MAX;
    char base[PATH_MAX];
    if (at == AT_FDCWD ? !getcwd(base, sizeof base) : !path_of(at, base)) return 0;
    return snprintf(path, PATH_MAX, "%s/%s", base, given) < PATH_MAX;
}

/* The number of the folder a path lies in (1: the archive, more: stores); 0: none of ours. */
static int folder_of(const char *path) {
    for (int i = 0; folders[i]; i++) {
        size_t length = strlen(folders[i]);
        if (!strncmp(path, folders[i], length) && (path[length] == '/' || !path[length])) return i + 1;
    }
    return 0;
}

static int ends(const char *path, const char *end) {
    size_t have = strlen(path), need = strlen(end);
    return have >= need && !strcmp(path + have - need, end);
}

enum action { A_WRITE, A_SYNC, A_NAME };

static enum stage stage_of(const char *path, enum action action) {
    int number = folder_of(path);
    if (!number) return NONE;
    if (number > 1) return UPLOAD;
    const char *inner = path + strlen(folders[0]);
    if (!strncmp(inner, "/catalogue.sqlite", 17)) return ends(path, "-shm") ? OTHER : CATALOGUE;
    if (!strncmp(inner, "/warc", 5)) {
        if (action == A_NAME) return ROTATE;
        if (action == A_WRITE) return WRITE;
        return strstr(inner, ".warc.gz") ? SYNC : ROTATE;
    }
    if (strstr(inner, "cache")) return CACHE;
    return OTHER;
}

/* A leaf of full text in a page of the log: rowids of FTS5's segments are past 2^36, those of rows are not. */
static int is_full_text(const unsigned char *page, size_t length) {
    if (length < 512 || page[0] != 0x0d || !(page[3] | page[4])) return 0;
    size_t cell = page[8] << 8 | page[9];
    if (cell + 20 > length) return 0;
    while (page[cell] & 0x80) cell++;
    cell++;
    uint64_t rowid = 0;
    for (int i = 0; i < 9; i++) {
        unsigned char byte = page[cell + i];
        if (i == 8) { rowid = rowid << 8 | byte; break; }
        rowid = rowid << 7 | (byte & 0x7f);
        if (!(byte & 0x80)) break;
    }
    return rowid >> 36 && rowid >> 60 == 0;
}

static enum stage socket_stage(int fd) {
    int domain = 0;
    socklen_t size = sizeof domain;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) || (domain != AF_INET && domain != AF_INET6)) return NONE;
    struct sockaddr_storage peer = {0};
    size = sizeof peer;
    if (getpeername(fd, (struct sockaddr *)&peer, &size)) return FETCH;
    int port = ntohs(((struct sockaddr_in *)&peer)->sin_port); /* at the same place in both families */
    for (int i = 0; s3_port[i]; i++)
        if (s3_port[i] == port) return UPLOAD;
    return FETCH;
}

/* --- carrying out the plan */

static void die(enum stage stage) {
    state->struck = 1 + stage;
    state->at = plan_call;
    syscall(SYS_kill, whole_group ? 0 : main_pid, SIGKILL);
    for (;;) syscall(SYS_pause);
}

/* Count a call; return whether the plan is for it. */
static int is_meant(enum stage stage) {
    if (stage == NONE) return 0;
    uint64_t number = __atomic_add_fetch(&state->calls[stage], 1, __ATOMIC_SEQ_CST);
    return stage == plan_stage && number == plan_call;
}

static int is_kill(enum stage stage) {
    if (!is_meant(stage) || !plan_kill) return -1;
    if (plan_when == BEFORE) die(stage);
    return plan_when;
}

static int is_full_for(enum stage stage) {
    return state->full && !state->room && (whole_disk || stage == plan_stage);
}

/* --- recording */

static void record(enum change kind, uint64_t inode, int64_t offset, uint64_t length, const char *path,
                   const char *other, const void *data) {
    if (log_fd < 0) return;
    struct entry entry = {kind, inode, offset, length, path ? strlen(path) : 0, other ? strlen(other) : 0};
    struct iovec parts[4] = {{&entry, sizeof entry}, {(void *)path, entry.path}, {(void *)other, entry.other},
                             {(void *)data, data ? length : 0}};
    ssize_t all = sizeof entry + entry.path + entry.other + (data ? length : 0);
    if (syscall(SYS_writev, log_fd, parts, 4) != all) abort();
}

static uint64_t inode_of(int fd, struct stat *found) {
    struct stat own;
    if (!found) found = &own;
    return fstat(fd, found) ? 0 : found->st_ino;
}

/* Write below a folder: whole, in part, or not at all. `offset` < 0: where the descriptor stands. */
static ssize_t put(int fd, const void *data, size_t length, off_t offset, enum stage stage, const char *path) {
    int when = -1;
    size_t allowed = length;
    int full_text = stage == CATALOGUE && ends(path, "-wal") && is_full_text(data, length);
    if (plan_full) {
        enum stage here = full_text && plan_stage == INDEX ? INDEX : stage;
        if (is_meant(here) && !state->full) {
            state->full = 1, state->struck = 1 + here, state->at = plan_call;
            if (plan_when == HALF && length > 1) allowed = length / 2;
            else allowed = 0;
        } else if (is_full_for(here)) {
            struct stat found;
            inode_of(fd, &found);
            off_t end = (offset < 0 ? found.st_size : offset) + (off_t)length;
            /* What overwrites needs no room, unless a single stage is meant. */
            if (!whole_disk || end > found.st_size) allowed = 0;
        }
        if (!allowed && length) { errno = ENOSPC; return -1; }
    } else {
        if (full_text) when = is_kill(INDEX);
        if (when < 0) when = is_kill(stage);
    }
    if (when == HALF && length > 1) allowed = length / 2;
    pthread_mutex_lock(&order);
    off_t start = offset;
    struct stat found;
    uint64_t inode = inode_of(fd, &found);
    if (offset < 0) start = fcntl(fd, F_GETFL) & O_APPEND ? found.st_size : lseek(fd, 0, SEEK_CUR);
    ssize_t done = offset < 0 ? syscall(SYS_write, fd, data, allowed) : syscall(SYS_pwrite64, fd, data, allowed, offset);
    int error = errno;
    if (done > 0) record(DATA, inode, start, done, path, NULL, data);
    pthread_mutex_unlock(&order);
    if (when >= 0) die(plan_stage);
    errno = error;
    return done;
}

static enum stage written_stage(int fd, char *path) {
    path[0] = 0;
    if (!is_ours() || !path_of(fd, path) || path[0] != '/') return NONE;
    return stage_of(path, A_WRITE);
}

static int is_socket(const char *path) { return !strncmp(path, "socket:", 7); }

/* A call on a socket: `moved` bytes of `length` in the middle of it. */
#define ON_SOCKET(fd, path, whole, half)                                   \
    int when = is_socket(path) ? is_kill(socket_stage(fd)) : -1;           \
    ssize_t moved = when == HALF ? (half) : (whole);                       \
    int error = errno;                                                     \
    if (when >= 0) die(plan_stage);                                        \
    errno = error;                                                         \
    return moved;

ssize_t write(int fd, const void *data, size_t length) {
    char path[PATH_MAX];
    enum stage stage = written_stage(fd, path);
    if (stage != NONE) return put(fd, data, length, -1, stage, path);
    ON_SOCKET(fd, path, syscall(SYS_write, fd, data, length), syscall(SYS_write, fd, data, (length + 1) / 2))
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
    char path[PATH_MAX];
    enum stage stage = written_stage(fd, path);
    if (stage != NONE) return put(fd, data, length, offset, stage, path);
    return syscall(SYS_pwrite64, fd, data, length, offset);
}
ssize_t pwrite64(int fd, const void *data, size_t length, off_t offset) { return pwrite(fd, data, length, offset); }

static ssize_t put_parts(int fd, const struct iovec *parts, int count, off_t offset, enum stage stage, const char *path) {
    size_t length = 0, at = 0;
    for (int i = 0; i < count; i++) length += parts[i].iov_len;
    char *joined = malloc(length ?: 1);
    if (!joined) { errno = ENOMEM; return -1; }
    for (int i = 0; i < count; at += parts[i++].iov_len) memcpy(joined + at, parts[i].iov_base, parts[i].iov_len);
    ssize_t done = put(fd, joined, length, offset, stage, path);
    int error = errno;
    free(joined);
    errno = error;
    return done;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    char path[PATH_MAX];
    enum stage stage = written_stage(fd, path);
    if (stage != NONE) return put_parts(fd, parts, count, -1, stage, path);
    ON_SOCKET(fd, path, syscall(SYS_writev, fd, parts, count), syscall(SYS_writev, fd, parts, (count + 1) / 2))
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    char path[PATH_MAX];
    enum stage stage = written_stage(fd, path);
    if (stage != NONE) return put_parts(fd, parts, count, offset, stage, path);
    return syscall(SYS_pwritev, fd, parts, count, (long)offset, 0L);
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t offset) { return pwritev(fd, parts, count, offset); }

#define SOCKET_CALL(whole, half)                                     \
    const char *path = is_ours() ? "socket:" : "";                   \
    ON_SOCKET(fd, path, whole, half)

ssize_t read(int fd, void *data, size_t length) {
    char path[PATH_MAX];
    path[0] = 0;
    if (is_ours()) path_of(fd, path);
    ON_SOCKET(fd, path, syscall(SYS_read, fd, data, length), syscall(SYS_read, fd, data, (length + 1) / 2))
}
ssize_t send(int fd, const void *data, size_t length, int flags) {
    SOCKET_CALL(syscall(SYS_sendto, fd, data, length, flags, NULL, 0),
                syscall(SYS_sendto, fd, data, (length + 1) / 2, flags, NULL, 0))
}
ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    SOCKET_CALL(syscall(SYS_sendmsg, fd, message, flags), syscall(SYS_sendmsg, fd, message, flags))
}
ssize_t recv(int fd, void *data, size_t length, int flags) {
    SOCKET_CALL(syscall(SYS_recvfrom, fd, data, length, flags, NULL, NULL),
                syscall(SYS_recvfrom, fd, data, (length + 1) / 2, flags, NULL, NULL))
}
ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
    SOCKET_CALL(syscall(SYS_recvmsg, fd, message, flags), syscall(SYS_recvmsg, fd, message, flags))
}
int connect(int fd, const struct sockaddr *to, socklen_t size) {
    int port = size >= sizeof(struct sockaddr_in) ? ntohs(((const struct sockaddr_in *)to)->sin_port) : 0;
    enum stage stage = NONE;
    if (is_ours() && (to->sa_family == AF_INET || to->sa_family == AF_INET6)) stage = FETCH;
    for (int i = 0; stage == FETCH && s3_port[i]; i++)
        if (s3_port[i] == port) stage = UPLOAD;
    int when = stage == NONE ? -1 : is_kill(stage);
    int done = syscall(SYS_connect, fd, to, size), error = errno;
    if (when >= 0) die(plan_stage);
    errno = error;
    return done;
}

/* --- sizes and syncs */

static int resize(int fd, off_t length) {
    char path[PATH_MAX];
    enum stage stage = written_stage(fd, path);
    if (stage == NONE) return syscall(SYS_ftruncate, fd, length);
    int when = plan_full ? -1 : is_kill(stage);
    pthread_mutex_lock(&order);
    int done = syscall(SYS_ftruncate, fd, length), error = errno;
    if (!done) record(SIZE, inode_of(fd, NULL), length, 0, path, NULL, NULL);
    pthread_mutex_unlock(&order);
    if (when >= 0) die(plan_stage);
    errno = error;
    return done;
}
int ftruncate(int fd, off_t length) { return resize(fd, length); }
int ftruncate64(int fd, off_t length) { return resize(fd, length); }

static int enlarge(int fd, off_t offset, off_t length) {
    char path[PATH_MAX];
    if (written_stage(fd, path) != NONE) return EOPNOTSUPP; /* nobody depends on it: they write instead */
    return syscall(SYS_fallocate, fd, 0, offset, length) ? errno : 0;
}
int posix_fallocate(int fd, off_t offset, off_t length) { return enlarge(fd, offset, length); }
int posix_fallocate64(int fd, off_t offset, off_t length) { return enlarge(fd, offset, length); }

static int sync_call(int fd, long number) {
    char path[PATH_MAX];
    if (!is_ours() || !path_of(fd, path) || !folder_of(path)) return syscall(number, fd);
    enum stage stage = stage_of(path, A_SYNC);
    int when = plan_full ? -1 : is_kill(stage);
    struct stat found;
    uint64_t inode = inode_of(fd, &found);
    pthread_mutex_lock(&order);
    uint64_t mine = ++syncs;
    record(SYNC_BEGINS, S_ISDIR(found.st_mode) ? 0 : inode, mine, 0, path, NULL, NULL);
    pthread_mutex_unlock(&order);
    int done = syscall(number, fd), error = errno;
    pthread_mutex_lock(&order);
    record(SYNC_ENDS, inode, mine, done ? 1 : 0, NULL, NULL, NULL);
    pthread_mutex_unlock(&order);
    if (when >= 0) die(plan_stage);
    errno = error;
    return done;
}
int fsync(int fd) { return sync_call(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_call(fd, SYS_fdatasync); }

/* --- names */

static int open_call(int at, const char *given, int flags, mode_t mode) {
    char path[PATH_MAX];
    if (!(flags & (O_CREAT | O_TRUNC)) || flags & O_PATH || !is_ours() || !full_path(at, given, path) || !folder_of(path))
        return syscall(SYS_openat, at, given, flags, mode);
    int when = plan_full ? -1 : is_kill(stage_of(path, A_NAME));
    pthread_mutex_lock(&order);
    struct stat before;
    int existed = !stat(path, &before);
    int fd = syscall(SYS_openat, at, given, flags, mode), error = errno;
    if (fd >= 0 && (flags & O_TMPFILE) != O_TMPFILE) {
        if (!existed) record(CREATE, inode_of(fd, NULL), 0, 0, path, NULL, NULL);
        else if (flags & O_TRUNC && before.st_size) record(SIZE, before.st_ino, 0, 0, path, NULL, NULL);
    }
    pthread_mutex_unlock(&order);
    if (when >= 0) die(plan_stage);
    errno = error;
    return fd;
}
#define MODE_OF(flags)                                                \
    mode_t mode = 0;                                                  \
    if ((flags) & O_CREAT || ((flags) & O_TMPFILE) == O_TMPFILE) {    \
        va_list rest;                                                 \
        va_start(rest, flags);                                        \
        mode = va_arg(rest, int);                                     \
        va_end(rest);                                                 \
    }
int open(const char *path, int flags, ...) { MODE_OF(flags) return open_call(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE_OF(flags) return open_call(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE_OF(flags) return open_call(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE_OF(flags) return open_call(at, path, flags, mode); }

/* A change of one or two names. */
static int name_call(enum change kind, int at, const char *given, int other_at, const char *other_given, long number,
                     long a, long b, long c, long d, long e) {
    char path[PATH_MAX], other[PATH_MAX] = "";
    if (!is_ours() || !full_path(at, given, path) || (other_given && !full_path(other_at, other_given, other)) ||
        !(folder_of(path) || (other[0] && folder_of(other))))
        return syscall(number, a, b, c, d, e);
    int when = plan_full ? -1 : is_kill(stage_of(folder_of(path) ? path : other, A_NAME));
    pthread_mutex_lock(&order);
    struct stat found = {0};
    lstat(path, &found);
    int done = syscall(number, a, b, c, d, e), error = errno;
    if (!done) record(kind, found.st_ino, 0, 0, path, other[0] ? other : NULL, NULL);
    pthread_mutex_unlock(&order);
    if (when >= 0) die(plan_stage);
    errno = error;
    return done;
}
#define P(x) ((long)(x))
int rename(const char *from, const char *to) {
    return name_call(RENAME, AT_FDCWD, from, AT_FDCWD, to, SYS_rename, P(from), P(to), 0, 0, 0);
}
int renameat(int at, const char *from, int to_at, const char *to) {
    return name_call(RENAME, at, from, to_at, to, SYS_renameat, at, P(from), to_at, P(to), 0);
}
int renameat2(int at, const char *from, int to_at, const char *to, unsigned flags) {
    return name_call(RENAME, at, from, to_at, to, SYS_renameat2, at, P(from), to_at, P(to), flags);
}
int link(const char *from, const char *to) {
    return name_call(LINK, AT_FDCWD, from, AT_FDCWD, to, SYS_link, P(from), P(to), 0, 0, 0);
}
int linkat(int at, const char *from, int to_at, const char *to, int flags) {
    return name_call(LINK, at, from, to_at, to, SYS_linkat, at, P(from), to_at, P(to), flags);
}
int unlink(const char *path) { return name_call(UNLINK, AT_FDCWD, path, 0, NULL, SYS_unlink, P(path), 0, 0, 0, 0); }
int unlinkat(int at, const char *path, int flags) {
    return name_call(flags & AT_REMOVEDIR ? RMDIR : UNLINK, at, path, 0, NULL, SYS_unlinkat, at, P(path), flags, 0, 0);
}
int rmdir(const char *path) { return name_call(RMDIR, AT_FDCWD, path, 0, NULL, SYS_rmdir, P(path), 0, 0, 0, 0); }
int mkdir(const char *path, mode_t mode) {
    return name_call(MKDIR, AT_FDCWD, path, 0, NULL, SYS_mkdir, P(path), mode, 0, 0, 0);
}
int mkdirat(int at, const char *path, mode_t mode) {
    return name_call(MKDIR, at, path, 0, NULL, SYS_mkdirat, at, P(path), mode, 0, 0);
}

/* --- what would pass us by, and what a full disk says of itself */

ssize_t sendfile(int to, int from, off_t *offset, size_t count) {
    char path[PATH_MAX];
    if (written_stage(to, path) != NONE) { errno = EINVAL; return -1; }
    return syscall(SYS_sendfile, to, from, offset, count);
}
ssize_t sendfile64(int to, int from, off_t *offset, size_t count) { return sendfile(to, from, offset, count); }
ssize_t copy_file_range(int from, off_t *from_at, int to, off_t *to_at, size_t length, unsigned flags) {
    char path[PATH_MAX];
    if (written_stage(to, path) != NONE) { errno = ENOSYS; return -1; }
    return syscall(SYS_copy_file_range, from, from_at, to, to_at, length, flags);
}

static int no_room(int done, struct statvfs *found) {
    if (!done && is_ours() && whole_disk && state->full && !state->room) {
        found->f_bavail = found->f_bfree = 0;
        state->looks++;
    }
    return done;
}
int statvfs(const char *path, struct statvfs *found) {
    static int (*real)(const char *, struct statvfs *);
    if (!real) real = dlsym(RTLD_NEXT, "statvfs");
    return no_room(real(path, found), found);
}
int statvfs64(const char *path, struct statvfs64 *found) { return statvfs(path, (struct statvfs *)found); }
int fstatvfs(int fd, struct statvfs *found) {
    static int (*real)(int, struct statvfs *);
    if (!real) real = dlsym(RTLD_NEXT, "fstatvfs");
    return no_room(real(fd, found), found);
}
int fstatvfs64(int fd, struct statvfs64 *found) { return fstatvfs(fd, (struct statvfs *)found); }
