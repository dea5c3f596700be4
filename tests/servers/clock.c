/* A clock that a test sets: the wall clock of a process, moved by what a mapped file holds.
 *
 * The file that MANDEGAR_TEST_CLOCK names has eight bytes: nanoseconds, signed, in the machine's order. They are
 * added to the real time whenever somebody asks for it. What measures spans (CLOCK_MONOTONIC) stays as it is, so
 * that nothing waits longer or shorter than it would.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define BILLION 1000000000LL

static volatile const int64_t *offset_ns;
static int (*real_clock_gettime)(clockid_t, struct timespec *);

static int64_t moved_by(void)
{
	if (!offset_ns) {
		const char *path = getenv("MANDEGAR_TEST_CLOCK");
		if (!path)
			return 0;
		int file = open(path, O_RDONLY | O_CLOEXEC);
		if (file < 0)
			return 0;
		void *mapped = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
		close(file);
		if (mapped == MAP_FAILED)
			return 0;
		offset_ns = mapped;
	}
	return *offset_ns;
}

int clock_gettime(clockid_t clock, struct timespec *told)
{
	if (!real_clock_gettime)
		real_clock_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	int outcome = real_clock_gettime(clock, told);
	if (outcome == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
		int64_t whole = told->tv_sec * BILLION + told->tv_nsec + moved_by();
		told->tv_sec = whole / BILLION;
		told->tv_nsec = whole % BILLION;
	}
	return outcome;
}

time_t time(time_t *told)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (told)
		*told = now.tv_sec;
	return now.tv_sec;
}

int gettimeofday(struct timeval *restrict told, void *restrict zone)
{
	(void)zone;
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	told->tv_sec = now.tv_sec;
	told->tv_usec = now.tv_nsec / 1000;
	return 0;
}
