import { describe, expect, it } from 'vitest'
import {
  parseGroup,
  parseMachine,
  parseMemory,
  parseOpenFilesLimit,
  parseResident,
  parseStat,
} from '../../src/resources/proc.ts'
import { membersOf } from '../../src/resources/process-tree.ts'

describe('what /proc says', () => {
  it('is read past a name with spaces and brackets', () => {
    const line =
      '4711 (a (b) c) S 4700 4711 4711 0 -1 4194304 900 0 0 0 150 25 7 3 20 0 12 0 98765 1000000 2000 18446744073709551615 0 0 0'
    expect(parseStat(line)).toEqual({
      parent: 4700,
      ownTicks: 175,
      endedChildrenTicks: 10,
      startTicks: 98765,
    })
    expect(parseGroup(line)).toBe(4711)
    expect(parseGroup('')).toBeNaN()
    expect(parseStat('')).toBeUndefined()
    expect(parseStat('1 (x) S 2')).toBeUndefined()
  })

  it('tells resident memory and open files', () => {
    expect(parseResident('Name:\tnode\nVmHWM:\t  2000 kB\nVmRSS:\t    1024 kB\n')).toBe(1_048_576)
    expect(parseResident('Name:\tkthreadd\n')).toBeUndefined()
    expect(
      parseOpenFilesLimit('Max open files            1024                 4096                 files\n'),
    ).toBe(1_024)
    expect(
      parseOpenFilesLimit('Max open files            unlimited            unlimited            files\n'),
    ).toBe(Infinity)
    expect(parseOpenFilesLimit('Max processes 1 1 processes')).toBeUndefined()
  })

  it('tells what the machine was busy with, what a host took away included and guests not twice', () => {
    const text =
      'cpu  100 20 30 5000 60 7 8 9 4 2\ncpu0 50 10 15 2500 30 3 4 5 2 1\ncpu1 50 10 15 2500 30 4 4 4 2 1\nintr 1\n'
    expect(parseMachine(text)).toEqual({ busyTicks: 174, cores: 2 })
    expect(parseMachine('')).toBeUndefined()
  })

  it('tells the memory that nobody can have any more', () => {
    expect(parseMemory('MemTotal:  1000 kB\nMemFree:  10 kB\nMemAvailable:  250 kB\n')).toEqual({
      usedBytes: 768_000,
      totalBytes: 1_024_000,
    })
    expect(parseMemory('MemTotal: 1000 kB\n')).toBeUndefined()
  })
})

describe('the processes behind a name', () => {
  const parents = new Map([
    [1, 0],
    [10, 1],
    [11, 10],
    [12, 11],
    [20, 11],
    [21, 20],
    [30, 1],
  ])

  it('are its own and what it started, but for what has a name of its own', () => {
    const members = membersOf(
      [
        { name: 'api', pid: 10 },
        { name: 'broker', pid: 20 },
      ],
      parents,
    )
    expect(members.get('api')).toEqual([10, 11, 12])
    expect(members.get('broker')).toEqual([20, 21])
  })

  it('are none of a process that is gone', () => {
    expect(membersOf([{ name: 'api', pid: 99 }], parents).get('api')).toEqual([])
  })

  it('end where parents go round in a circle', () => {
    const circle = new Map([
      [5, 6],
      [6, 5],
    ])
    expect(membersOf([{ name: 'api', pid: 1 }], circle).get('api')).toEqual([])
  })
})
