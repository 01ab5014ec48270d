/* Breadth-first search by move tables: the same program for every system, which comes as tables (tables.py).
   COMPONENTS is the one thing known when this is compiled.

   A state is its number. The numbers found stand in `order`, and beside each the place of its parent; a bit for each
   possible number says whether it is known. What a stretch of a level leads to is kept apart and appended when the
   stretch is through, so every level is complete before the next begins, and every parent chain is a shortest run.

   One thread: two that share the bits were measured. The atomic operations cost a quarter to a third more processor time,
   and no time was won by the second core. */

#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/mman.h>

typedef uint64_t u64; typedef int64_t i64; typedef uint32_t u32; typedef uint16_t u16; typedef uint8_t u8;
#define NOINLINE __attribute__((noinline))
#define EXPORT __attribute__((visibility("default")))

enum { RUNNING, DONE, LIMIT_STATES, LIMIT_BYTES, NO_MEMORY, STOP, OVERFLOW };
enum { WAITING = 192, CHUNK = 1 << 16, LEAST_ROOM = 1 << 12 };

typedef struct { u32 of, at; } Part;                   /* of a component, where its column begins in `columns` */
typedef struct { u32 component, base, part, parts; } Owner;
typedef struct { u32 first; u16 count, degree; } Cell;
typedef struct { u32 part, parts, outcomes, move, moves, width; } Joint;   /* width of all moves that have several */
typedef struct { u32 part, parts, masks, sign; } Group;

typedef struct {
    const u32 *strides, *columns, *differences;
    const Part *parts;
    const Cell *cells;
    const Owner *owners;
    const Joint *joints;
    const Group *groups;                               /* those that look at states, then those that look at steps */
    const u16 *outcomes;
    const u64 *masks;
    const u8 *endings;                                 /* of each sign: how the search ends when it is seen, or 0 */
    u64 states;
    u32 owner_count, joint_count, state_groups, group_count, cell_count, sign_count, most_successors;
} Tables;

typedef struct Search Search;

typedef struct {
    Search *search;
    u32 from, to;
    u32 *found, *by; u64 count, room;
    u32 *visits; u64 *fired, *pending; i64 *sighted;   /* by cell, joint action, group, sign */
    u64 transitions, deadlocks; i64 deadlock;
    int status;
    u32 *targets, *sources; u64 waiting;               /* while the cache fetches their bits */
} Worker;

struct Search {
    Tables t;
    u64 *known;
    u32 *order, *parents; u64 count, room, next, level_end;
    u64 *ends, depth, ends_room;
    i64 *sighted;
    u64 max_states, max_bytes;
    int status;
    Worker worker;
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int make_room(u32 **a, u32 **b, u64 *room, u64 needed) {
    u64 more = *room ? *room : LEAST_ROOM;
    if (needed <= *room) return 1;
    while (more < needed) more *= 2;
    u32 *first = realloc(*a, more * 4);
    if (!first) return 0;
    *a = first;
    u32 *second = realloc(*b, more * 4);
    if (!second) return 0;
    *b = second;
    *room = more;
    return 1;
}

static u64 bytes_of(const Search *x) { return x->t.states / 8 + x->room * 8; }

/* One state. */

static void sight(Worker *w, const Group *g, u64 seen, u32 number) {
    const Tables *t = &w->search->t;
    w->pending[g - t->groups] &= ~seen;
    for (u32 sign = g->sign; seen; sign++, seen >>= 1) {
        if (!(seen & 1)) continue;
        if (w->sighted[sign] < 0) w->sighted[sign] = number;
        if (t->endings[sign] && w->status != OVERFLOW) w->status = t->endings[sign];
    }
}

static inline u32 summed(const Tables *t, const u32 *s, u32 at, u32 part, u32 parts) {
    for (const Part *p = t->parts + part, *end = p + parts; p < end; p++) at += t->columns[p->at + s[p->of]];
    return at;
}

static inline void split(const Tables *t, u32 number, u32 *s) {
    for (int c = 0; c < COMPONENTS - 1; c++) { s[c] = number / t->strides[c]; number -= s[c] * t->strides[c]; }
    s[COMPONENTS - 1] = number;
}

static void look(Worker *w, const u32 *s, u32 number, u32 groups) {
    const Tables *t = &w->search->t;
    for (u32 g = 0; g < groups; g++) {
        const Group *group = t->groups + g;
        u64 seen = t->masks[summed(t, s, group->masks, group->part, group->parts)] & w->pending[g];
        if (__builtin_expect(seen != 0, 0)) sight(w, group, seen, number);
    }
}

static NOINLINE void enter(Worker *w) {
    u64 *known = w->search->known, count = w->count, n = w->waiting;
    u32 *found = w->found, *by = w->by, *targets = w->targets, *sources = w->sources;
    w->waiting = 0;
    for (u64 i = 0; i < n; i++) {                      /* without a branch: whether a state is new is hard to guess */
        u32 target = targets[i];
        u64 was = known[target >> 6];
        known[target >> 6] = was | 1ULL << (target & 63);
        found[count] = target;
        by[count] = sources[i];
        count += ~(was >> (target & 63)) & 1;
    }
    w->count = count;
}

static inline void take(Worker *w, u32 place) {
    const Search *x = w->search;
    const Tables *t = &x->t;
    const u64 *known = x->known;
    u32 number = x->order[place], s[COMPONENTS], enabled = 0;
    u32 *targets = w->targets, *sources = w->sources;
    u64 n = w->waiting;
    split(t, number, s);
    look(w, s, place, t->group_count);
    for (const Owner *o = t->owners, *end = o + t->owner_count; o < end; o++) {
        u32 at = summed(t, s, o->base + s[o->component], o->part, o->parts);
        Cell cell = t->cells[at];
        w->visits[at]++;
        enabled += cell.degree;
        for (const u32 *d = t->differences + cell.first, *last = d + cell.count; d < last; d++, n++) {
            u32 target = number + *d;
            __builtin_prefetch(known + (target >> 6), 1);
            targets[n] = target;
            sources[n] = place;
        }
    }
    for (u32 j = 0; j < t->joint_count; j++) {
        const Joint *joint = t->joints + j;
        u32 effect = t->outcomes[summed(t, s, joint->outcomes, joint->part, joint->parts)];
        if (!effect--) continue;
        u32 target = number;
        for (const Part *p = t->parts + joint->move, *last = p + joint->moves; p < last; p++)
            target += t->columns[p->at + s[p->of] * joint->width + (joint->width > 1 ? effect : 0)];
        enabled++;
        w->fired[j]++;
        if (target == number) continue;
        __builtin_prefetch(known + (target >> 6), 1);
        targets[n] = target;
        sources[n++] = place;
    }
    w->waiting = n;
    w->transitions += enabled;
    if (__builtin_expect(!enabled, 0)) { w->deadlocks++; if (w->deadlock < 0) w->deadlock = place; }
}

/* One stretch of a level. */

static void expand(Worker *w) {
    const Search *x = w->search;
    for (u32 place = w->from; place < w->to && w->status != OVERFLOW; place++) {
        take(w, place);
        if (w->waiting < WAITING) continue;
        if (!make_room(&w->found, &w->by, &w->room, w->count + 2 * x->t.most_successors + 2 * WAITING)) {
            w->status = NO_MEMORY;
            break;
        }
        enter(w);
        if (w->count > x->max_states) break;
    }
    enter(w);
}

static void append(Search *x, Worker *w) {
    if (x->max_bytes && bytes_of(x) > x->max_bytes && !x->status) x->status = LIMIT_BYTES;
    if (w->count > x->max_states - x->count) {
        w->count = x->max_states - x->count;
        if (!x->status) x->status = LIMIT_STATES;
    }
    if (!make_room(&x->order, &x->parents, &x->room, x->count + w->count)) {
        x->status = NO_MEMORY;
        return;
    }
    memcpy(x->order + x->count, w->found, w->count * 4);
    memcpy(x->parents + x->count, w->by, w->count * 4);
    x->count += w->count;
    w->count = 0;
}

static void collect(Search *x, Worker *w) {
    for (u32 i = 0; i < x->t.sign_count; i++)
        if (w->sighted[i] >= 0 && (x->sighted[i] < 0 || w->sighted[i] < x->sighted[i])) x->sighted[i] = w->sighted[i];
    if (w->status == OVERFLOW || (w->status && !x->status)) x->status = w->status;
    append(x, w);
}

static void stretch(Search *x, u64 end) {
    x->worker.from = (u32)x->next;
    x->worker.to = (u32)end;
    expand(&x->worker);
    x->next = end;
    collect(x, &x->worker);
}

static int next_level(Search *x) {
    if (x->depth + 1 >= x->ends_room) {
        u64 *more = realloc(x->ends, (x->ends_room + 256) * 8);
        if (!more) { x->status = NO_MEMORY; return 0; }
        x->ends = more;
        x->ends_room += 256;
    }
    x->ends[x->depth] = x->level_end;
    if (x->count == x->level_end) { x->status = DONE; return 0; }
    x->level_end = x->count;
    x->ends[++x->depth] = x->level_end;
    return 1;
}

/* States that were found and will not be expanded are looked at all the same. */
static void look_at_rest(Search *x) {
    Worker *w = &x->worker;
    for (u64 i = x->next; i < x->count; i++) {
        u32 s[COMPONENTS];
        split(&x->t, x->order[i], s);
        look(w, s, (u32)i, x->t.state_groups);
    }
    x->next = x->count;
    w->count = 0;
    collect(x, w);
}

EXPORT int advance(Search *x, double seconds) {
    double deadline = now() + seconds;
    if (x->status) return x->status;
    while (!x->status) {
        if (x->next == x->level_end && !next_level(x)) break;
        stretch(x, x->next + CHUNK < x->level_end ? x->next + CHUNK : x->level_end);
        if (now() > deadline) break;
    }
    if (x->status > DONE) look_at_rest(x);
    return x->status;
}

EXPORT void close_search(Search *x) {
    if (!x) return;
    Worker *w = &x->worker;
    free(w->found); free(w->by); free(w->targets); free(w->sources);
    free(w->visits); free(w->fired); free(w->pending); free(w->sighted);
    if (x->known) munmap(x->known, x->t.states / 8 + 8);
    free(x->order); free(x->parents); free(x->ends); free(x->sighted); free(x);
}

static int open_worker(Search *x, Worker *w) {
    const Tables *t = &x->t;
    w->search = x;
    w->deadlock = -1;
    w->visits = calloc(t->cell_count + 1, 4);
    w->fired = calloc(t->joint_count + 1, 8);
    w->targets = malloc((t->most_successors + WAITING + 1) * 4);
    w->sources = malloc((t->most_successors + WAITING + 1) * 4);
    w->pending = malloc((t->group_count + 1) * 8);
    w->sighted = malloc((t->sign_count + 1) * 8);
    if (!w->visits || !w->fired || !w->targets || !w->sources || !w->pending || !w->sighted) return 0;
    if (!make_room(&w->found, &w->by, &w->room, 2 * (u64)t->most_successors + 2 * WAITING)) return 0;
    memset(w->pending, 0xff, (t->group_count + 1) * 8);
    memset(w->sighted, 0xff, (t->sign_count + 1) * 8);
    return 1;
}

/* `order` and `parents` are the states found so far, of which `next` are expanded, the last of `ends` being the end of
   the level that is being expanded. The tables stay the caller's. */
EXPORT Search *open_search(const Tables *t, const u32 *order, const u32 *parents, u64 count, u64 next, const u64 *ends,
                           u64 levels, u64 max_states, u64 max_bytes) {
    Search *x = calloc(1, sizeof *x);
    if (!x) return 0;
    x->t = *t;
    x->max_states = max_states ? max_states : UINT32_MAX;
    x->max_bytes = max_bytes;
    x->ends_room = levels + 256;
    x->ends = malloc(x->ends_room * 8);
    x->sighted = malloc((t->sign_count + 1) * 8);
    void *at = mmap(0, t->states / 8 + 8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    x->known = at == MAP_FAILED ? 0 : at;
    int good = x->ends && x->sighted && x->known && make_room(&x->order, &x->parents, &x->room, count);
    good = open_worker(x, &x->worker) && good;
    if (!good) { close_search(x); return 0; }
#ifdef MADV_HUGEPAGE
    madvise(at, t->states / 8 + 8, MADV_HUGEPAGE);
#endif
    memset(x->sighted, 0xff, (t->sign_count + 1) * 8);
    memcpy(x->order, order, count * 4);
    memcpy(x->parents, parents, count * 4);
    memcpy(x->ends, ends, levels * 8);
    for (u64 i = 0; i < count; i++) x->known[order[i] >> 6] |= 1ULL << (order[i] & 63);
    x->count = count;
    x->next = next;
    x->depth = levels - 1;
    x->level_end = ends[levels - 1];
    return x;
}

/* What Python reads. */

EXPORT void report(const Search *x, i64 *out, u32 *visits, u64 *fired, i64 *sighted) {
    const Worker *w = &x->worker;
    out[0] = (i64)x->count;
    out[1] = (i64)w->transitions;
    out[2] = (i64)(x->depth + (x->count > x->level_end));
    out[3] = (i64)w->deadlocks;
    out[4] = w->deadlock;
    out[5] = (i64)bytes_of(x);
    out[6] = (i64)x->next;
    memcpy(visits, w->visits, x->t.cell_count * 4);
    memcpy(fired, w->fired, x->t.joint_count * 8);
    memcpy(sighted, x->sighted, x->t.sign_count * 8);
}

EXPORT const u32 *order_of(const Search *x) { return x->order; }
EXPORT const u32 *parents_of(const Search *x) { return x->parents; }
EXPORT const u64 *ends_of(const Search *x) { return x->ends; }
EXPORT u64 levels_of(const Search *x) { return x->depth + 1; }
