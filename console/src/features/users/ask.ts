import { api } from "@/api/client";
import type { components } from "@/api/schema";
import { useAsk } from "@/parts/ask";

type Schemas = components["schemas"];
export type User = Schemas["UserView"];
export type Invitation = Schemas["InvitationView"];
export type Token = Schemas["TokenView"];
export type NewToken = Schemas["NewTokenView"];
export type Role = Schemas["RoleView"];
export type Policy = Schemas["PolicyBody"];
export type OwnSession = Schemas["OwnSession"];

export const useUsers = () => useAsk<User[]>(["users"], () => api.GET("/api/v1/users"));
export const useTokens = () => useAsk<Token[]>(["tokens"], () => api.GET("/api/v1/tokens"));
export const useRoles = () => useAsk<Role[]>(["roles"], () => api.GET("/api/v1/roles"));
export const usePolicy = () => useAsk<Policy>(["access-policy"], () => api.GET("/api/v1/access/policy"));
export const useOwnSessions = () => useAsk<OwnSession[]>(["own-sessions"], () => api.GET("/api/v1/session/all"));
