/*
 * The program of the pause container, for Linux on x86_64: process 1 of the namespaces that the
 * containers of a task share. It waits; it reaps the orphans that fall to process 1; and it ends with
 * 0 on SIGTERM or SIGINT.
 *
 * The three signals stay blocked and are taken from the queue one by one. This needs no handlers, no
 * memory and no library, and it loses nothing: the kernel drops signals for process 1 that are at
 * their default action, but never those that are blocked.
 *
 *     as -o pause.o pause-x86_64.S
 *     objcopy -O binary pause.o pause
 *
 * The headers are written out by hand, so that the file is complete without a linker. The layout is
 * that of elf(5), the system calls are those of syscalls(2): number in rax; arguments in rdi, rsi,
 * rdx, r10; answer in rax, below zero for an error. program.ts has the bytes that come of this file.
 */
        .equ    base, 0x400000          /* where the file is mapped */
        .equ    sys_rt_sigprocmask, 14
        .equ    sys_exit, 60
        .equ    sys_wait4, 61
        .equ    sys_rt_sigtimedwait, 128
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
        .short  62                      /* EM_X86_64 */
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
        .quad   0x1000
end:

signals:
        .quad   (1 << (SIGINT - 1)) | (1 << (SIGTERM - 1)) | (1 << (SIGCHLD - 1))

start:                                  /* rt_sigprocmask(SIG_BLOCK, &signals, NULL, 8) */
        mov     $sys_rt_sigprocmask, %eax
        mov     $SIG_BLOCK, %edi
        lea     signals(%rip), %rsi
        xor     %edx, %edx
        mov     $sizeof_sigset, %r10d
        syscall

wait:                                   /* rt_sigtimedwait(&signals, NULL, NULL, 8): no time limit */
        mov     $sys_rt_sigtimedwait, %eax
        lea     signals(%rip), %rdi
        xor     %esi, %esi
        xor     %edx, %edx
        mov     $sizeof_sigset, %r10d
        syscall
        cmp     $SIGTERM, %eax
        je      exit
        cmp     $SIGINT, %eax
        je      exit
        cmp     $SIGCHLD, %eax
        jne     wait                    /* EINTR: stopped and continued, or traced */

reap:                                   /* wait4(-1, NULL, WNOHANG, NULL): one SIGCHLD, many children */
        mov     $sys_wait4, %eax
        mov     $-1, %rdi
        xor     %esi, %esi
        mov     $WNOHANG, %edx
        xor     %r10d, %r10d
        syscall
        test    %eax, %eax
        jg      reap
        jmp     wait

exit:                                   /* exit(0) */
        mov     $sys_exit, %eax
        xor     %edi, %edi
        syscall

        .equ    size, . - file
