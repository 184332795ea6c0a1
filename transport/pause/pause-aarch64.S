/*
 * The program of the pause container, for Linux on aarch64 (arm64 in the words of ECS). It does what
 * pause-x86_64.S does, and that file says why.
 *
 *     aarch64-linux-gnu-as -o pause.o pause-aarch64.S
 *     aarch64-linux-gnu-objcopy -O binary pause.o pause
 *
 * System calls: number in x8; arguments in x0 to x3; answer in x0, below zero for an error.
 */
        .equ    base, 0x400000          /* where the file is mapped */
        .equ    sys_exit, 93
        .equ    sys_rt_sigprocmask, 135
        .equ    sys_rt_sigtimedwait, 137
        .equ    sys_wait4, 260
        .equ    SIG_BLOCK, 0
        .equ    SIGINT, 2
        .equ    SIGTERM, 15
        .equ    SIGCHLD, 17
        .equ    WNOHANG, 1
        .equ    sizeof_sigset, 8

        .text
file:                                   /* Elf64_Ehdr */
        .byte   0x7f, 'E', 'L', 'F'
        .byte   2, 1, 1, 0              /* 64 bits, little endian, version 1, System V */
        .quad   0
        .short  2                       /* ET_EXEC */
        .short  183                     /* EM_AARCH64 */
        .long   1
        .quad   base + (start - file)   /* entry */
        .quad   segment - file          /* program headers */
        .quad   0                       /* no section headers */
        .long   0
        .short  segment - file, end - segment, 1
        .short  0, 0, 0
segment:                                /* Elf64_Phdr */
        .long   1                       /* PT_LOAD */
        .long   5                       /* readable, executable */
        .quad   0
        .quad   base, base
        .quad   size, size
        .quad   0x10000                 /* kernels for aarch64 may have pages of 64 KiB */
end:

signals:
        .quad   (1 << (SIGINT - 1)) | (1 << (SIGTERM - 1)) | (1 << (SIGCHLD - 1))

start:                                  /* rt_sigprocmask(SIG_BLOCK, &signals, NULL, 8) */
        mov     x0, SIG_BLOCK
        adr     x1, signals
        mov     x2, xzr
        mov     x3, sizeof_sigset
        mov     x8, sys_rt_sigprocmask
        svc     0

wait:                                   /* rt_sigtimedwait(&signals, NULL, NULL, 8): no time limit */
        adr     x0, signals
        mov     x1, xzr
        mov     x2, xzr
        mov     x3, sizeof_sigset
        mov     x8, sys_rt_sigtimedwait
        svc     0
        cmp     x0, SIGTERM
        b.eq    exit
        cmp     x0, SIGINT
        b.eq    exit
        cmp     x0, SIGCHLD
        b.ne    wait                    /* EINTR: stopped and continued, or traced */

reap:                                   /* wait4(-1, NULL, WNOHANG, NULL): one SIGCHLD, many children */
        mov     x0, -1
        mov     x1, xzr
        mov     x2, WNOHANG
        mov     x3, xzr
        mov     x8, sys_wait4
        svc     0
        cmp     x0, xzr
        b.gt    reap
        b       wait

exit:                                   /* exit(0) */
        mov     x0, xzr
        mov     x8, sys_exit
        svc     0

        .equ    size, . - file
