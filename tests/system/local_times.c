/* Reads local times (seconds since 1970 as a clock on the wall shows them, one a line) and prints
 * them as UTC: `local_times FILE` with a TZif file. For time_zones.py. */
#include <inttypes.h>
#include <stdio.h>

#include "lib/base/err.h"
#include "lib/base/time_zone.h"

int main(int argc, char **argv)
{
	static char bytes[1 << 16];
	CLEANUP(time_zone_free) struct time_zone *z = NULL;
	FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
	size_t len = f ? fread(bytes, 1, sizeof(bytes), f) : 0;
	struct err err = {"cannot be read"};
	int64_t local_s;

	if (!f || time_zone_from_tzif(&z, bytes, len, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	fclose(f);
	while (scanf("%" SCNd64, &local_s) == 1)
		printf("%" PRId64 "\n", time_zone_to_utc_ms(z, local_s * 1000));
	return 0;
}
