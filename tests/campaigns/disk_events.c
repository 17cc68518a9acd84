/* Loaded before libc (LD_PRELOAD): counts what a process does to the files under one folder, and at
 * the n-th such event kills it, sends it a signal, or lets this and all further ones fail.
 *
 * Python, DuckDB, polars and deltalake all go through these functions, in whatever language they
 * were written.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { COUNT, BEFORE, AFTER, HALF, FAIL };

static char root[4096];
static atomic_long events;
static long chosen;
static int action = COUNT, with;
static atomic_int armed;
static char last[8192];

#define REAL(name) \
  static __typeof__(&name) real; \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* with: the signal to send (BEFORE, AFTER, HALF), or the errno to fail with (FAIL). */
void disk_events_arm(const char *folder, long number, int what, int signal_or_errno) {
  strncpy(root, folder, sizeof root - 1);
  chosen = number, action = what, with = signal_or_errno;
  atomic_store(&events, 0);
  atomic_store(&armed, 1);
}

static long clock_shift;
void disk_events_shift_clock(long seconds) { clock_shift = seconds; }

int clock_gettime(clockid_t which, struct timespec *now) {
  REAL(clock_gettime);
  int made = real(which, now);
  if (!made && which == CLOCK_REALTIME) now->tv_sec += clock_shift;
  return made;
}

long disk_events_count(void) { return atomic_load(&events); }
const char *disk_events_last(void) { return last; }

static void strike(void) {
  syscall(SYS_kill, getpid(), with);
  if (with == SIGKILL) for (;;) pause();
}

static int is_ours(int folder, const char *path) {
  char resolved[4096];
  if (!atomic_load(&armed)) return 0;
  if (path && path[0] == '/') return !strncmp(path, root, strlen(root));
  if (folder == AT_FDCWD) return 0;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
  ssize_t size = readlink(link, resolved, sizeof resolved - 1);
  return size > 0 && (resolved[size] = 0, !strncmp(resolved, root, strlen(root)));
}

/* A full disk still lets names go, files move and what is written become durable. */
static int needs_room(const char *name) {
  return strncmp(name, "unlink", 6) && strcmp(name, "rmdir") && !strstr(name, "sync") &&
         strncmp(name, "rename", 6);
}

/* Returns whether the event is to fail; sets *now where it is the chosen one. */
static int note(const char *name, int folder, const char *path, int *now) {
  *now = 0;
  if (!is_ours(folder, path)) return 0;
  long number = atomic_fetch_add(&events, 1);
  if (number < chosen) return 0;
  if (action == FAIL && (with != ENOSPC || needs_room(name))) { errno = with; return 1; }
  if (action == FAIL) return 0;
  if (number > chosen) return 0;
  snprintf(last, sizeof last, "%s %s", name, path ? path : "");
  *now = 1;
  if (action == BEFORE) strike();
  return 0;
}

#define EVENT(name, folder, path, type, call) \
  do { \
    REAL(name); \
    int now; \
    if (note(#name, folder, path, &now)) return -1; \
    type made = (call); \
    if (now && action >= AFTER && action <= HALF) { int kept = errno; strike(); errno = kept; } \
    return made; \
  } while (0)

#define ALTERS (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR)
#define OPEN(name, folder, call_with_mode) \
  mode_t mode = 0; \
  if (flags & (O_CREAT | O_TMPFILE)) { \
    va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); \
  } \
  if (!(flags & ALTERS)) { REAL(name); return call_with_mode; } \
  EVENT(name, folder, path, int, call_with_mode)

int open(const char *path, int flags, ...) { OPEN(open, AT_FDCWD, real(path, flags, mode)); }
int open64(const char *path, int flags, ...) { OPEN(open64, AT_FDCWD, real(path, flags, mode)); }
int openat(int at, const char *path, int flags, ...) { OPEN(openat, at, real(at, path, flags, mode)); }
int openat64(int at, const char *path, int flags, ...) { OPEN(openat64, at, real(at, path, flags, mode)); }
int rename(const char *a, const char *b) { EVENT(rename, AT_FDCWD, b, int, real(a, b)); }
int renameat(int x, const char *a, int y, const char *b) { EVENT(renameat, y, b, int, real(x, a, y, b)); }
int link(const char *a, const char *b) { EVENT(link, AT_FDCWD, b, int, real(a, b)); }
int linkat(int x, const char *a, int y, const char *b, int f) { EVENT(linkat, y, b, int, real(x, a, y, b, f)); }
int unlink(const char *path) { EVENT(unlink, AT_FDCWD, path, int, real(path)); }
int unlinkat(int at, const char *path, int f) { EVENT(unlinkat, at, path, int, real(at, path, f)); }
int rmdir(const char *path) { EVENT(rmdir, AT_FDCWD, path, int, real(path)); }
int mkdir(const char *path, mode_t m) { EVENT(mkdir, AT_FDCWD, path, int, real(path, m)); }
int mkdirat(int at, const char *path, mode_t m) { EVENT(mkdirat, at, path, int, real(at, path, m)); }
int fsync(int fd) { EVENT(fsync, fd, NULL, int, real(fd)); }
int fdatasync(int fd) { EVENT(fdatasync, fd, NULL, int, real(fd)); }
int ftruncate(int fd, off_t size) { EVENT(ftruncate, fd, NULL, int, real(fd, size)); }
int ftruncate64(int fd, off64_t size) { EVENT(ftruncate64, fd, NULL, int, real(fd, size)); }

#define PART(size) ((now && action == HALF) ? (size) / 2 : (size))
ssize_t write(int fd, const void *text, size_t size) { EVENT(write, fd, NULL, ssize_t, real(fd, text, PART(size))); }
ssize_t pwrite(int fd, const void *text, size_t size, off_t at) { EVENT(pwrite, fd, NULL, ssize_t, real(fd, text, PART(size), at)); }
ssize_t pwrite64(int fd, const void *text, size_t size, off64_t at) { EVENT(pwrite64, fd, NULL, ssize_t, real(fd, text, PART(size), at)); }
ssize_t writev(int fd, const struct iovec *parts, int count) { EVENT(writev, fd, NULL, ssize_t, real(fd, parts, count)); }
