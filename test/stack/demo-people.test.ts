import { expect, it } from 'vitest'
import { inventPerson } from '../../scripts/demo/people.ts'

const people = Array.from({ length: 10_000 }, (_, index) => inventPerson(index + 1))

it('invents the same people each time, each with an id of its own', () => {
  expect(inventPerson(7)).toEqual(people[6])
  expect(new Set(people.map((person) => person.person_id)).size).toBe(people.length)
})

it('writes to nobody: e-mails at example.test, phones of ranges kept for fiction', () => {
  const emails = people.flatMap(({ email }) => (email?.includes('@') ? [email.trim().toLowerCase()] : []))
  expect(emails.length).toBeGreaterThan(8_000)
  for (const email of emails) expect(email).toMatch(/@example\.test$/)
  const phones = people.flatMap(({ phone }) => (phone && /[1-9]/.test(phone) ? [phone.replace(/\D/g, '')] : []))
  expect(phones.length).toBeGreaterThan(4_000)
  for (const phone of phones)
    expect(phone).toMatch(/^(1?[2-9]\d\d55501\d\d|44(7700900|1[1-6]\d4960|1632960|2079460)\d{3})$/)
  // A leaver who shares a number stays in a list: with few numbers for many people hardly anybody would ever leave.
  expect(new Set(phones).size).toBeGreaterThan(phones.length * 0.99)
})

it('has what real data has: broken, missing and shared identifiers, and people who are not subscribed', () => {
  const valid = people.flatMap(({ email }) => (email?.includes('@') ? [email.trim().toLowerCase()] : []))
  expect(valid.length - new Set(valid).size).toBeGreaterThan(100)
  expect(people.filter(({ email }) => email === null).length).toBeGreaterThan(100)
  expect(people.filter(({ email }) => email?.endsWith('.example.test')).length).toBeGreaterThan(50)
  expect(people.filter(({ subscribed }) => !subscribed).length).toBeGreaterThan(500)
})
