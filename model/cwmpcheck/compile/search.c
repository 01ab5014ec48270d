/* Breadth-first search over packed states. Compiled behind the text that ccode.py generates for one system, which
   defines WORDS, ACTIONS, WATCHES, STATE_WATCHES, PARAMETERS, HASH, SAME, COPY, CANONICAL, and after this file `expand` and
   `watch_state`.

   The packed state itself is the key of the hash table, so that looking one up costs one cache miss, not two. New
   states are appended to `states` in the order they are found; `parents` holds who found them. Insertions wait in a
   ring of 32 while the cache fetches their slots. The ring is emptied at the end of each level, so levels are exact
   and every parent chain is a shortest run. */

enum { RUNNING, DONE, LIMIT_STATES, LIMIT_BYTES, NO_MEMORY, STOP, OVERFLOW };
enum { RING = 32, LEAST_ROOM = 1024, BATCH = 1024, AHEAD = 16 };

typedef struct { u64 w[WORDS]; i64 action; } Step;
typedef struct { u64 w[WORDS]; u64 hash; u64 parent; i64 action; } Waiting;

struct Search {
    i64 p[PARAMETERS + 1];
    u64 *states; u32 *parents; u64 count, room;
    u64 *table; u32 *numbers; u64 slots; int shift;
    u64 next, level_end, depth, transitions, deadlocks;
    i64 deadlock;
    u64 fired[ACTIONS + 1];
    u8 pending[WATCHES + 1], stops[WATCHES + 1];
    i64 hit_state[WATCHES + 1], hit_action[WATCHES + 1];
    i64 watching;                      /* state conditions that have not occurred yet */
    i64 overflow_action, overflow_variable, overflow_value;
    u64 max_states, max_bytes;
    int keep_edges; u32 *sources, *targets, *taken; u64 edges, edge_room;
    int status;
    u8 *log; i64 *left;                /* only for single steps: what occurs, and what leaves its domain, by action */
    Waiting ring[RING]; u64 pushed, popped;
    Step steps[ACTIONS + 1];
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* What the generated code calls. */

static NOINLINE void hit(Search *x, i64 watch, u64 state, i64 action) {
    if (x->log) { x->log[(action + 1) * (WATCHES + 1) + watch] = 1; return; }
    x->pending[watch] = 0;
    x->hit_state[watch] = (i64)state;
    x->hit_action[watch] = action;
    if (watch < STATE_WATCHES) x->watching--;
    if (x->stops[watch] && !x->status) x->status = STOP;
}

static NOINLINE void leaves(Search *x, i64 action, i64 variable, i64 value) {
    if (x->log) { x->left[action * 2] = variable; x->left[action * 2 + 1] = value; return; }
    if (x->status == OVERFLOW) return;
    x->status = OVERFLOW;
    x->overflow_action = action; x->overflow_variable = variable; x->overflow_value = value;
}

static int expand(Search *x, const u64 *s, Step *out);
static void watch_state(Search *x, const u64 *s, u64 number);

/* Memory. */

static u64 bytes_of(u64 room, u64 slots, u64 edge_room, int keep_edges) {
    return room * (WORDS * 8 + 4) + slots * (WORDS * 8 + (keep_edges ? 4 : 0)) + edge_room * 12;
}

static int allowed(Search *x, u64 room, u64 slots, u64 edge_room) {
    if (!x->max_bytes || bytes_of(room, slots, edge_room, x->keep_edges) <= x->max_bytes) return 1;
    if (!x->status) x->status = LIMIT_BYTES;
    return 0;
}

static int no_memory(Search *x) { if (!x->status) x->status = NO_MEMORY; return 0; }

static void *pages(u64 bytes) {
    void *at = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) return 0;
#ifdef MADV_HUGEPAGE
    madvise(at, bytes, MADV_HUGEPAGE);
#endif
    return at;
}

static int resize_table(Search *x, u64 slots) {
    int shift = 64;
    u64 *table; u32 *numbers = 0;
    if (!allowed(x, x->room, slots, x->edge_room)) return 0;
    for (u64 n = slots; n > 1; n >>= 1) shift--;
    table = pages(slots * WORDS * 8);
    if (!table) return no_memory(x);
    if (x->keep_edges && !(numbers = pages(slots * 4))) { munmap(table, slots * WORDS * 8); return no_memory(x); }
    for (u64 i = 0; i < x->count; i++) {
        const u64 *s = x->states + i * WORDS;
        if (i + AHEAD < x->count) __builtin_prefetch(table + (HASH((s + AHEAD * WORDS)) >> shift) * WORDS, 1);
        u64 at = HASH(s) >> shift;
        while (table[at * WORDS]) at = (at + 1) & (slots - 1);
        COPY((table + at * WORDS), s);
        if (numbers) numbers[at] = (u32)i;
    }
    if (x->table) munmap(x->table, x->slots * WORDS * 8);
    if (x->numbers) munmap(x->numbers, x->slots * 4);
    x->table = table; x->numbers = numbers; x->slots = slots; x->shift = shift;
    return 1;
}

static int grow_table(Search *x) {
    return resize_table(x, x->slots ? x->slots * (x->slots < (1u << 22) ? 4 : 2) : 1u << 14);
}

static int grow_states(Search *x) {
    u64 room = x->room ? x->room * 2 : LEAST_ROOM;
    if (room > (u64)UINT32_MAX || !allowed(x, room, x->slots, x->edge_room)) return no_memory(x);
    u64 *states = realloc(x->states, room * WORDS * 8);
    if (!states) return no_memory(x);
    x->states = states;
    u32 *parents = realloc(x->parents, room * 4);
    if (!parents) return no_memory(x);
    x->parents = parents; x->room = room;
    return 1;
}

static int grow_edges(Search *x) {
    u64 room = x->edge_room ? x->edge_room * 2 : LEAST_ROOM;
    if (!allowed(x, x->room, x->slots, room)) return 0;
    u32 **arrays[3] = { &x->sources, &x->targets, &x->taken };
    for (int i = 0; i < 3; i++) {
        u32 *more = realloc(*arrays[i], room * 4);
        if (!more) return no_memory(x);
        *arrays[i] = more;
    }
    x->edge_room = room;
    return 1;
}

/* The search. */

static u64 slot_of(Search *x, const u64 *w, u64 hash) {
    u64 at = hash >> x->shift;
    for (;;) {
        const u64 *slot = x->table + at * WORDS;
        if (!slot[0] || SAME(slot, w)) return at;
        at = (at + 1) & (x->slots - 1);
    }
}

static NOINLINE void insert(Search *x, const Waiting *e) {
    u64 at = slot_of(x, e->w, e->hash), number = x->count;
    if (!x->table[at * WORDS]) {
        if (number >= x->max_states) { if (!x->status) x->status = LIMIT_STATES; return; }
        if (number == x->room && !grow_states(x)) return;
        if (number * 5 >= x->slots * 3) {
            if (!grow_table(x)) return;
            at = slot_of(x, e->w, e->hash);
        }
        COPY((x->table + at * WORDS), e->w);
        COPY((x->states + number * WORDS), e->w);
        x->parents[number] = (u32)e->parent;
        if (x->numbers) x->numbers[at] = (u32)number;
        x->count++;
        if (x->watching) watch_state(x, e->w, number);
    }
    if (x->keep_edges && e->action >= 0) {
        if (x->edges == x->edge_room && !grow_edges(x)) return;
        x->sources[x->edges] = (u32)e->parent;
        x->targets[x->edges] = x->numbers[at];
        x->taken[x->edges++] = (u32)e->action;
    }
}

static void empty_ring(Search *x) {
    while (x->popped != x->pushed) insert(x, &x->ring[x->popped++ % RING]);
}

static void take(Search *x, u64 source) {
    u64 s[WORDS];
    COPY(s, (x->states + source * WORDS));
    int n = expand(x, s, x->steps);
    x->transitions += (u64)n;
    if (!n && x->status != OVERFLOW) { x->deadlocks++; if (x->deadlock < 0) x->deadlock = (i64)source; }
    for (int i = 0; i < n; i++) {
        Step *step = &x->steps[i];
        Waiting *e = &x->ring[x->pushed % RING];
        x->fired[step->action]++;
        if (x->pushed - x->popped == RING) { insert(x, e); x->popped++; }
        COPY(e->w, step->w);
        CANONICAL(e->w);
        e->hash = HASH(e->w);
        e->parent = source;
        e->action = step->action;
        __builtin_prefetch(x->table + (e->hash >> x->shift) * WORDS, 1);
        x->pushed++;
    }
}

EXPORT int advance(Search *x, double seconds) {
    double deadline = now() + seconds;
    while (!x->status) {
        if (x->next == x->level_end) {
            empty_ring(x);
            if (x->status) break;
            if (x->count == x->level_end) { x->status = DONE; break; }
            x->level_end = x->count;
            x->depth++;
        }
        u64 end = x->next + BATCH < x->level_end ? x->next + BATCH : x->level_end;
        while (x->next < end && !x->status) take(x, x->next++);
        if (now() > deadline) break;
    }
    if (x->status) empty_ring(x);
    return x->status;
}

EXPORT void close_search(Search *x) {
    if (!x) return;
    if (x->table) munmap(x->table, x->slots * WORDS * 8);
    if (x->numbers) munmap(x->numbers, x->slots * 4);
    free(x->states); free(x->parents); free(x->sources); free(x->targets); free(x->taken); free(x);
}

EXPORT Search *open_search(const i64 *p, const u64 *initial, const u8 *stops, u64 max_states, u64 max_bytes,
                           int keep_edges) {
    Search *x = calloc(1, sizeof *x);
    if (!x) return 0;
    memcpy(x->p, p, sizeof(i64) * PARAMETERS);
    memset(x->pending, 1, WATCHES);
    memcpy(x->stops, stops, WATCHES);
    memset(x->hit_state, -1, sizeof x->hit_state);
    x->watching = STATE_WATCHES;
    x->deadlock = -1;
    x->max_states = max_states ? max_states : UINT64_MAX;
    x->max_bytes = max_bytes;
    x->keep_edges = keep_edges;
    x->level_end = 1;
    Waiting first;
    COPY(first.w, initial);
    first.hash = HASH(initial);
    first.parent = 0;
    first.action = -1;
    if (grow_table(x) && grow_states(x)) insert(x, &first);
    return x;
}

/* Putting a search aside and taking it up. Between two slices some insertions still wait: they are made first. */
EXPORT void settle(Search *x) { empty_ring(x); }

EXPORT int restore(Search *x, const u64 *states, const u32 *parents, u64 count, u64 next, u64 level_end, u64 depth,
                   const i64 *figures, const u64 *fired, const i64 *hit_state, const i64 *hit_action) {
    while (x->room < count) if (!grow_states(x)) return 0;
    memcpy(x->states, states, count * WORDS * 8);
    memcpy(x->parents, parents, count * 4);
    x->count = count;
    u64 slots = x->slots;
    while (count * 5 >= slots * 3) slots *= 2;
    if (!resize_table(x, slots)) return 0;
    x->next = next; x->level_end = level_end; x->depth = depth;
    x->transitions = (u64)figures[0]; x->deadlocks = (u64)figures[1]; x->deadlock = figures[2];
    memcpy(x->fired, fired, sizeof(u64) * ACTIONS);
    for (int i = 0; i < WATCHES; i++) {
        if (hit_state[i] < 0 || !x->pending[i]) continue;
        x->pending[i] = 0; x->hit_state[i] = hit_state[i]; x->hit_action[i] = hit_action[i];
        if (i < STATE_WATCHES) x->watching--;
    }
    return 1;
}

/* What Python reads. */

EXPORT void report(const Search *x, i64 *out) {
    out[0] = (i64)x->count;
    out[1] = (i64)x->transitions;
    out[2] = (i64)(x->depth + (!x->status || x->status == DONE ? 0 : x->count > x->level_end));
    out[3] = (i64)x->deadlocks;
    out[4] = x->deadlock;
    out[5] = (i64)bytes_of(x->room, x->slots, x->edge_room, x->keep_edges);
    out[6] = (i64)x->next - 1;
    out[7] = x->overflow_action;
    out[8] = x->overflow_variable;
    out[9] = x->overflow_value;
    out[10] = (i64)x->edges;
}

EXPORT void sightings(const Search *x, i64 *states, i64 *actions) {
    memcpy(states, x->hit_state, sizeof(i64) * WATCHES);
    memcpy(actions, x->hit_action, sizeof(i64) * WATCHES);
}

EXPORT const u64 *fired_of(const Search *x) { return x->fired; }
EXPORT const u64 *states_of(const Search *x) { return x->states; }
EXPORT const u32 *parents_of(const Search *x) { return x->parents; }
EXPORT const u32 *sources_of(const Search *x) { return x->sources; }
EXPORT const u32 *targets_of(const Search *x) { return x->targets; }
EXPORT const u32 *taken_of(const Search *x) { return x->taken; }

/* One state alone: the enabled actions whose writes stay inside their domains, their successors, and what occurs. */

EXPORT int expand_once(Search *x, const u64 *w, u64 *successors, i64 *actions, u8 *log, i64 *left) {
    x->log = log;
    x->left = left;
    watch_state(x, w, 0);
    int n = expand(x, w, x->steps);
    for (int i = 0; i < n; i++) {
        COPY((successors + i * WORDS), x->steps[i].w);
        actions[i] = x->steps[i].action;
    }
    return n;
}
