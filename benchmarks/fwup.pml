/* The benchmark system of fwup.py for Spin: the same variables, actions, guards and invariant, one d_step an action.
   Sizes by -DN= -DL= -DR= -DD= -DW= -DCAP=: CPEs, losses, reboots of each, ticks of delay and window, slots.
     spin -DN=2 -DL=1 -DR=1 -DD=1 -DW=1 -DCAP=1 -a fwup.pml && gcc -O2 -DSAFETY -o pan pan.c && ./pan -m20000000 -w25 */

/* Sessions, transfers, requests, responses, beliefs: 0 is none, or idle. */
#define INFORM_SENT 1
#define MAY_SPEAK 2
#define TC_SENT 3
#define EMPTY_SENT 4
#define QUEUED 1
#define LOADING 2
#define LOADED 3
#define APPLYING 4
#define APPLIED 5
#define FAILED 6
#define RQ_INFORM 1
#define RQ_TC_OK 2
#define RQ_TC_FAILED 3
#define RQ_EMPTY 4
#define RQ_LATER 5
#define RQ_NOW 6
#define RQ_FAULT 7
#define RS_INFORM 1
#define RS_TC 2
#define RS_UNICAST 3
#define RS_MULTICAST 4
#define RS_NO_CONTENT 5
#define ASKED 1
#define ACCEPTED 2
#define DONE_OK 3
#define DONE_FAILED 4

typedef Cpe {
  bit power = 1; unsigned session : 3 = 0; unsigned transfer : 3 = 0;
  bit boot = 1; bit complete = 0; bit poke = 0; bit upgraded = 0; bit multicast = 0;
  unsigned delay : 3 = 0; unsigned window : 3 = 0; unsigned request : 3 = 0; unsigned response : 3 = 0;
  unsigned belief : 3 = 0; bit told = 0; unsigned reboots : 2 = R
}
Cpe cpe[N];
byte losses = L;

#define FETCHING(j) (cpe[j].transfer == LOADING && !cpe[j].multicast)
#if N == 1
#define BUSY FETCHING(0)
#elif N == 2
#define BUSY (FETCHING(0) + FETCHING(1))
#else
#define BUSY (FETCHING(0) + FETCHING(1) + FETCHING(2))
#endif
#define ME cpe[i]
#define CHECK(i) assert(!(cpe[i].belief == DONE_OK && !cpe[i].upgraded) \
  && !(cpe[i].complete && cpe[i].transfer != APPLIED && cpe[i].transfer != FAILED) && BUSY <= CAP)

active [N] proctype device() {
  byte i = _pid;
end: do
  :: d_step { !ME.power && ME.transfer != APPLYING -> ME.power = 1; ME.boot = 1; CHECK(i) }
  :: d_step { !ME.power && ME.transfer == APPLYING && !(ME.multicast && ME.window == 0) ->
       ME.power = 1; ME.transfer = APPLIED; ME.upgraded = 1; ME.boot = 1; ME.complete = 1; CHECK(i) }
  :: d_step { !ME.power && ME.transfer == APPLYING ->
       ME.power = 1; ME.transfer = FAILED; ME.boot = 1; ME.complete = 1; CHECK(i) }
  :: d_step { ME.power && ME.reboots > 0 -> ME.reboots--; ME.power = 0; ME.session = 0; ME.request = 0; ME.response = 0;
       ME.poke = 0;
       if :: ME.transfer == LOADING || ME.transfer == LOADED -> ME.transfer = FAILED; ME.complete = 1 :: else fi; CHECK(i) }
  :: d_step { ME.power && ME.transfer == QUEUED && ME.delay == 0 && BUSY < CAP -> ME.transfer = LOADING; CHECK(i) }
  :: d_step { ME.power && ME.transfer == LOADING -> ME.transfer = LOADED; CHECK(i) }
  :: d_step { ME.power && ME.transfer == LOADING -> ME.transfer = FAILED; ME.complete = 1; CHECK(i) }
  :: d_step { ME.power && ME.transfer == LOADED && ME.session == 0 -> ME.transfer = APPLYING; ME.power = 0; CHECK(i) }
  :: d_step { ME.power && ME.session == 0 && (ME.boot || ME.complete || ME.poke) ->
       ME.request = RQ_INFORM; ME.session = INFORM_SENT; CHECK(i) }
  :: d_step { ME.power && ME.session == 0 && !ME.poke && ME.belief <= ACCEPTED -> ME.poke = 1; CHECK(i) }
  :: d_step { ME.power && ME.session == MAY_SPEAK && ME.complete ->
       ME.request = (ME.transfer == APPLIED -> RQ_TC_OK : RQ_TC_FAILED); ME.session = TC_SENT; CHECK(i) }
  :: d_step { ME.power && ME.session == MAY_SPEAK && !ME.complete ->
       ME.request = RQ_EMPTY; ME.session = EMPTY_SENT; CHECK(i) }
  :: d_step { ME.power && (ME.session == INFORM_SENT || ME.session == TC_SENT || ME.session == EMPTY_SENT) &&
       ME.request == 0 && ME.response == 0 -> ME.session = 0; ME.poke = 1; CHECK(i) }
  :: d_step { ME.response == RS_INFORM ->
       ME.response = 0; ME.session = MAY_SPEAK; ME.boot = 0; ME.poke = 0; CHECK(i) }
  :: d_step { ME.response == RS_TC -> ME.response = 0; ME.session = MAY_SPEAK; ME.complete = 0; ME.transfer = 0;
       ME.multicast = 0; ME.window = 0; CHECK(i) }
  :: d_step { ME.response == RS_UNICAST && ME.transfer == 0 ->
       ME.response = 0; ME.request = RQ_LATER; ME.transfer = QUEUED; ME.delay = D; ME.multicast = 0; CHECK(i) }
  :: d_step { ME.response == RS_UNICAST && ME.transfer == 0 ->
       ME.response = 0; ME.request = RQ_NOW; ME.upgraded = 1; CHECK(i) }
  :: d_step { ME.response == RS_MULTICAST && ME.transfer == 0 ->
       ME.response = 0; ME.request = RQ_LATER; ME.transfer = LOADING; ME.multicast = 1; ME.window = W; CHECK(i) }
  :: d_step { ME.response == RS_UNICAST || ME.response == RS_MULTICAST ->
       ME.response = 0; ME.request = RQ_FAULT; CHECK(i) }
  :: d_step { ME.response == RS_NO_CONTENT -> ME.response = 0; ME.session = 0; CHECK(i) }
  /* the ACS */
  :: d_step { ME.request == RQ_INFORM -> ME.request = 0; ME.response = RS_INFORM; ME.told = ME.upgraded; CHECK(i) }
  :: d_step { ME.request == RQ_TC_OK || ME.request == RQ_TC_FAILED ->
       if :: ME.belief == ASKED || ME.belief == ACCEPTED ->
            ME.belief = ((ME.request == RQ_TC_OK && ME.told) -> DONE_OK : DONE_FAILED) :: else fi;
       ME.request = 0; ME.response = RS_TC; CHECK(i) }
  :: d_step { ME.request == RQ_EMPTY && ME.belief <= ASKED ->
       ME.request = 0; ME.response = RS_UNICAST; ME.belief = ASKED; CHECK(i) }
  :: d_step { ME.request == RQ_EMPTY && ME.belief <= ASKED ->
       ME.request = 0; ME.response = RS_MULTICAST; ME.belief = ASKED; CHECK(i) }
  :: d_step { ME.request == RQ_EMPTY && ME.belief > ASKED -> ME.request = 0; ME.response = RS_NO_CONTENT; CHECK(i) }
  :: d_step { ME.request >= RQ_LATER ->
       if :: ME.belief == ASKED -> ME.belief = ME.request - 3 :: else fi;
       ME.request = 0; ME.response = RS_NO_CONTENT; CHECK(i) }
  /* the network */
  :: d_step { losses > 0 && ME.request != 0 -> ME.request = 0; losses--; CHECK(i) }
  :: d_step { losses > 0 && ME.response != 0 -> ME.response = 0; losses--; CHECK(i) }
  od
}

#define LATE(j) (cpe[j].transfer == QUEUED && cpe[j].delay > 0)
#define SHUTS(j) (cpe[j].multicast && cpe[j].window > 0 && cpe[j].transfer >= LOADING && cpe[j].transfer <= APPLYING)
#define PASSES(j) if :: LATE(j) -> cpe[j].delay-- \
  :: SHUTS(j) -> cpe[j].window--; \
     if :: cpe[j].window == 0 && cpe[j].transfer != APPLYING -> cpe[j].transfer = FAILED; cpe[j].complete = 1 :: else fi \
  :: else fi; CHECK(j)

active proctype clock() {
end: do
#if N == 1
  :: d_step { LATE(0) || SHUTS(0) -> PASSES(0) }
#elif N == 2
  :: d_step { LATE(0) || SHUTS(0) || LATE(1) || SHUTS(1) -> PASSES(0); PASSES(1) }
#else
  :: d_step { LATE(0) || SHUTS(0) || LATE(1) || SHUTS(1) || LATE(2) || SHUTS(2) -> PASSES(0); PASSES(1); PASSES(2) }
#endif
  od
}
